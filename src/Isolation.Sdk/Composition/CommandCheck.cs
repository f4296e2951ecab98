using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Composition;

/// <summary>Finds a runner's command that no worker could start, before any worker is made.</summary>
internal static class CommandCheck
{
    /// <summary>A setup command may still bring the program, and a sandbox of another make may have its own search path: these tell when the worker runs.</summary>
    public static IEnumerable<IsolationFault> Check(PipelinePlan plan) =>
        plan.Settings is { RunnerFile: { } file, Setup.Count: 0 }
        && plan.Sandbox is ProcessSandbox sandbox
        && sandbox.FindMissing(file) is { } fault
            ? [fault]
            : [];
}
