namespace Isolation.Sdk.Merging;

/// <summary>Why work does not merge, computed once.</summary>
/// <param name="TargetCommit">The target's commit it collided with.</param>
/// <param name="Files">The files.</param>
/// <param name="With">The items whose landing touched those files since the attempt's base; empty when it was somebody
/// outside.</param>
public sealed record MergeConflict(string TargetCommit, IReadOnlyList<ConflictedFile> Files, IReadOnlyList<string> With)
{
    /// <summary>Git's own messages.</summary>
    public IReadOnlyList<string> Messages { get; init; } = [];

    /// <summary>The tree with conflict markers in it, to look at with plain git.</summary>
    public string? PreviewTree { get; init; }
}

/// <summary>One file that does not merge.</summary>
/// <param name="Path">Its path from the top of the repository.</param>
/// <param name="Kinds">Git's stable words: <c>contents</c>, <c>modify/delete</c>, <c>binary</c>, <c>rename/rename</c>,
/// …</param>
/// <param name="Versions">The versions that collided by git's stage (1 the common base, 2 the target's, 3 the
/// attempt's), each as mode and blob: <c>100644 3b18e5…</c></param>
public sealed record ConflictedFile(
    string Path,
    IReadOnlyList<string> Kinds,
    IReadOnlyDictionary<int, string> Versions
);
