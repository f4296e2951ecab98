namespace Isolation.Sdk.Platform;

internal sealed record ProcessSpec(
    string File,
    IReadOnlyList<string> Arguments,
    string Directory,
    IReadOnlyDictionary<string, string> Environment,
    string Marker
)
{
    public bool OpenInput { get; init; }

    // Whether standard error goes where standard output goes, if the platform can do that.
    public bool MergeError { get; init; }

    // What the thread that starts it does to itself first.
    public ThreadRestriction? Restriction { get; init; }

    // What it reads on descriptor 3.
    public byte[]? Filter { get; init; }

    // Whether the program stands between us and the command: it ends with the command, and must not be asked to end
    // before it.
    public bool HasKeeper { get; init; }

    public IsolationException NotStarted(Exception why) =>
        new(
            SandboxCodes.CommandNotStarted,
            $"'{File}' could not be started in '{Directory}': {why.Message}.",
            "A script needs an interpreter line (#!) that exists; a program must fit this machine.",
            why
        );
}
