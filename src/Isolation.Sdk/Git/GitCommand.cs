namespace Isolation.Sdk.Git;

internal sealed record GitCommand(string Directory, IReadOnlyList<string> Arguments)
{
    public string? Input { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    // Variables that it must not have at all.
    public IReadOnlyList<string> Unset { get; init; } = [];

    // Whether it talks to a remote: only then do credentials, ssh and the host's HOME reach it.
    public bool Remote { get; init; }

    public static GitCommand In(string directory, params string[] arguments) => new(directory, arguments);
}
