namespace Isolation.Sdk.Workspaces;

/// <summary>One changed file.</summary>
/// <param name="Path">The path from the top of the repository, with forward slashes.</param>
/// <param name="Kind">What happened to it.</param>
/// <param name="Added">Lines added; 0 for a binary file.</param>
/// <param name="Deleted">Lines deleted; 0 for a binary file.</param>
public sealed record FileChange(string Path, FileChangeKind Kind, int Added, int Deleted)
{
    /// <summary>The previous path of a renamed file.</summary>
    public string? OldPath { get; init; }

    // The commit that a submodule is at now.
    internal string? Submodule { get; init; }
}

/// <summary>What happened to a file.</summary>
public enum FileChangeKind
{
    /// <summary>The file is new.</summary>
    Added,

    /// <summary>Content or mode changed.</summary>
    Modified,

    /// <summary>The file is gone.</summary>
    Deleted,

    /// <summary>The name changed, and perhaps the content.</summary>
    Renamed,

    /// <summary>The file became a link or a submodule, or the other way round.</summary>
    TypeChanged,
}
