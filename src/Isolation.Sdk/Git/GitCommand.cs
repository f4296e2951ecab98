namespace Isolation.Sdk.Git;

/// <summary>One git command as a list of arguments.</summary>
internal sealed record GitCommand(string Directory, IReadOnlyList<string> Arguments)
{
    /// <summary>What it reads; nothing by default.</summary>
    public string? Input { get; init; }

    /// <summary>On top of the pinned environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether it talks to a remote: only then do credentials, ssh and the host's HOME reach it.</summary>
    public bool Remote { get; init; }

    public static GitCommand In(string directory, params string[] arguments) => new(directory, arguments);
}
