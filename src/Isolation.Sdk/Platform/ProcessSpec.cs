using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Platform;

/// <summary>Everything there is to know to start a command.</summary>
/// <param name="File">The program's absolute path.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Directory">The absolute directory it starts in.</param>
/// <param name="Environment">Its whole environment.</param>
/// <param name="OpenInput">Whether the caller writes to its standard input.</param>
/// <param name="Log">Where its output goes; <see langword="null"/> for the caller.</param>
internal sealed record ProcessSpec(
    string File,
    IReadOnlyList<string> Arguments,
    string Directory,
    IReadOnlyDictionary<string, string> Environment,
    bool OpenInput,
    BoundedLog? Log
)
{
    /// <summary>What the thread that starts it does to itself first.</summary>
    public ThreadRestriction? Restriction { get; init; }

    /// <summary>What it reads on descriptor 3.</summary>
    public byte[]? Filter { get; init; }

    /// <summary>What it is held to by the kernel from its first instruction on.</summary>
    public ProcessLimits? Limits { get; init; }

    /// <summary>The groups it is in from its first instruction on.</summary>
    public IReadOnlyList<CommandCgroup> Groups { get; init; } = [];

    /// <summary>Whether it has to wait until it is held.</summary>
    public bool IsHeld => Limits is { AnyHeld: true } || Groups.Count > 0;

    /// <summary>Whether the program stands between us and the command: it ends with the command, and must not be asked to end before it.</summary>
    public bool HasKeeper { get; init; }
}
