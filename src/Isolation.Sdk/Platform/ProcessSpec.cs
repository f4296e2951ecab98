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

    public bool MergeError { get; init; }

    public ThreadRestriction? Restriction { get; init; }

    // On descriptor 3.
    public byte[]? Filter { get; init; }

    // The program stands between us and the command, and must not be asked to end before it.
    public bool HasKeeper { get; init; }

    public IsolationException NotStarted(Exception why) =>
        new(
            SandboxCodes.CommandNotStarted,
            $"'{File}' could not be started in '{Directory}': {why.Message}.",
            "A script needs an interpreter line (#!) that exists; a program must fit this machine.",
            why
        );
}
