namespace Isolation.Sdk.Merging;

/// <summary>Why work does not merge: computed once, so that nobody has to merge again to see it.</summary>
/// <param name="TargetCommit">The target's commit it collided with.</param>
/// <param name="Files">The files.</param>
/// <param name="With">The items whose landing touched those files since the attempt's base; empty when it was somebody outside.</param>
public sealed record MergeConflict(string TargetCommit, IReadOnlyList<ConflictedFile> Files, IReadOnlyList<string> With)
{
    /// <summary>Git's own messages.</summary>
    public IReadOnlyList<string> Messages { get; init; } = [];

    /// <summary>The tree with conflict markers in it, to look at with plain git.</summary>
    public string? PreviewTree { get; init; }
}

/// <summary>One file that does not merge.</summary>
/// <param name="Path">Its path from the top of the repository.</param>
/// <param name="Kinds">Git's stable words: <c>contents</c>, <c>modify/delete</c>, <c>binary</c>, <c>rename/rename</c>, …</param>
/// <param name="Stages">The versions that collided.</param>
public sealed record ConflictedFile(string Path, IReadOnlyList<string> Kinds, IReadOnlyList<ConflictStage> Stages);

/// <summary>One version of a file in a conflict.</summary>
/// <param name="Stage">1 the common base, 2 the target's, 3 the attempt's.</param>
/// <param name="Mode">Git's file mode.</param>
/// <param name="ObjectId">The blob.</param>
public sealed record ConflictStage(int Stage, string Mode, string ObjectId);

/// <summary>An item that landed without conflict and touched the same files.</summary>
/// <param name="Item">The item's id.</param>
/// <param name="Files">The files both touched.</param>
public sealed record CoupledItem(string Item, IReadOnlyList<string> Files);
