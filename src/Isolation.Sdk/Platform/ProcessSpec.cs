namespace Isolation.Sdk.Platform;

/// <summary>A command to start.</summary>
/// <param name="File">The program's absolute path.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Directory">The absolute directory it starts in.</param>
/// <param name="Environment">Its whole environment.</param>
/// <param name="Marker">The text in its environment that it and all it starts are found by.</param>
internal sealed record ProcessSpec(
    string File,
    IReadOnlyList<string> Arguments,
    string Directory,
    IReadOnlyDictionary<string, string> Environment,
    string Marker
)
{
    /// <summary>Whether the caller writes to its standard input.</summary>
    public bool OpenInput { get; init; }

    /// <summary>Whether standard error goes where standard output goes, if the platform can do that.</summary>
    public bool MergeError { get; init; }

    /// <summary>What the thread that starts it does to itself first.</summary>
    public ThreadRestriction? Restriction { get; init; }

    /// <summary>What it reads on descriptor 3.</summary>
    public byte[]? Filter { get; init; }

    /// <summary>Whether the program stands between us and the command: it ends with the command, and must not be asked to end before it.</summary>
    public bool HasKeeper { get; init; }

    public IsolationException NotStarted(Exception why) =>
        new(
            SandboxCodes.CommandNotStarted,
            $"'{File}' could not be started in '{Directory}': {why.Message}.",
            "A script needs an interpreter line (#!) that exists; a program must fit this machine.",
            why
        );
}
