namespace Isolation.Sdk.Composition;

/// <summary>What an axis is when nobody chose it by hand.</summary>
internal static class LevelDefaults
{
    public static void Apply(IsolationPipelineBuilder builder, SandboxLevel level)
    {
        if (!builder.Workspaces.IsChosen)
        {
            _ =
                level == SandboxLevel.Cooperative
                    ? builder.Workspaces.UseGitWorktrees()
                    : builder.Workspaces.UsePrivateClones();
        }

        if (!builder.Contexts.IsChosen)
        {
            builder.Contexts.UseFresh();
        }

        if (!builder.Sandbox.IsChosen)
        {
            _ = level switch
            {
                SandboxLevel.Restricted => builder.Sandbox.UseRestricted(),
                SandboxLevel.Sealed => builder.Sandbox.UseSealed(),
                _ => builder.Sandbox.UseProcess(),
            };
        }
    }

    /// <summary>What a composition lacks for its level. What the machine lacks is the audit's to find.</summary>
    public static IEnumerable<IsolationFault> Check(IsolationPipelineBuilder builder, PipelineSettings draft)
    {
        SandboxLevel level = draft.Level;
        if (!Enum.IsDefined(level))
        {
            yield return new IsolationFault(
                PipelineCodes.BadOption,
                $"There is no level {level}.",
                "Use one of SandboxLevel's."
            );
        }

        if (draft.Untrusted && level != SandboxLevel.Sealed)
        {
            yield return new IsolationFault(
                PipelineCodes.UntrustedNeedsSealed,
                $"The workers are untrusted, and the level is {level}.",
                "Add .UseLevel(SandboxLevel.Sealed)."
            );
        }

        if (level == SandboxLevel.Cooperative)
        {
            yield break;
        }

        if (draft.RunsInProcess)
        {
            yield return new IsolationFault(
                PipelineCodes.InProcessRunner,
                $"A runner of this process cannot be held at the level {level}: it shares the host's memory, files and rights.",
                "Run a command instead: .RunProcess(…)."
            );
        }

        if (builder.Workspaces.MaxLevel < level)
        {
            yield return new IsolationFault(
                PipelineCodes.BelowLevel,
                $"At the level {level} a worker needs a repository of its own: a linked worktree writes to the shared one.",
                "Use .Workspaces.UsePrivateClones()."
            );
        }

        if (builder.Sandbox.MaxLevel < level)
        {
            yield return new IsolationFault(
                PipelineCodes.BelowLevel,
                $"The chosen sandbox does not reach the level {level}.",
                level == SandboxLevel.Sealed ? "Use .Sandbox.UseSealed(…)." : "Use .Sandbox.UseRestricted(…)."
            );
        }
    }

    /// <summary>What a level promises: a provider of somebody else's has to claim it, too.</summary>
    public static IsolationGuarantees Sealed(SandboxLevel level) =>
        level switch
        {
            SandboxLevel.Restricted => IsolationGuarantees.Confinement | IsolationGuarantees.Processes,
            SandboxLevel.Sealed => IsolationGuarantees.Confinement
                | IsolationGuarantees.Processes
                | IsolationGuarantees.Network,
            _ => IsolationGuarantees.None,
        };
}
