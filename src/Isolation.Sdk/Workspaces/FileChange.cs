namespace Isolation.Sdk.Workspaces;

/// <summary>One changed file.</summary>
/// <param name="Path">Its path from the top of the repository, with forward slashes.</param>
/// <param name="Kind">What happened to it.</param>
/// <param name="Added">Lines added; 0 for a binary file.</param>
/// <param name="Deleted">Lines deleted; 0 for a binary file.</param>
public sealed record FileChange(string Path, FileChangeKind Kind, int Added, int Deleted)
{
    /// <summary>Its path before, when it was renamed.</summary>
    public string? OldPath { get; init; }
}

/// <summary>What happened to a file.</summary>
public enum FileChangeKind
{
    /// <summary>It is new.</summary>
    Added,

    /// <summary>Its content or mode changed.</summary>
    Modified,

    /// <summary>It is gone.</summary>
    Deleted,

    /// <summary>It has another name, and perhaps other content.</summary>
    Renamed,

    /// <summary>It became another kind of thing (a link, a submodule).</summary>
    TypeChanged,
}
