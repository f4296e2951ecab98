using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Merging;

/// <summary>One part of a queue's gate: a command, or code of the host.</summary>
public sealed class MergeGate
{
    internal MergeGate(WorkerCommand command)
    {
        Command = command;
        Name = string.Join(' ', [command.File, .. command.Arguments]);
    }

    internal MergeGate(string name, Func<GateContext, CancellationToken, ValueTask<GateDecision>> code, string? version)
    {
        Name = name;
        Test = code;
        Version = version;
    }

    /// <summary>What results and logs call it: the command line, or the name that host code was given.</summary>
    public string Name { get; }

    /// <summary>The command; <see langword="null"/> for host code.</summary>
    public WorkerCommand? Command { get; }

    /// <summary>Which version of host code it is, so that its passes can be told from those of another; <see langword="null"/> when it named none and its passes are not reused.</summary>
    public string? Version { get; }

    internal Func<GateContext, CancellationToken, ValueTask<GateDecision>>? Test { get; }
}
