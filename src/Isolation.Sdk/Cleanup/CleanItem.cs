namespace Isolation.Sdk.Cleanup;

/// <summary>One thing that a dead host left behind, or a record of landed work.</summary>
/// <param name="Attempt">The attempt it belongs to.</param>
/// <param name="What">What it is, with its path.</param>
/// <param name="IsKept">Whether it is kept and reported, since it is evidence or holds work that is pinned nowhere
/// else. Otherwise it is removed.</param>
/// <param name="Why">Why.</param>
public sealed record CleanItem(AttemptId Attempt, string What, bool IsKept, string Why)
{
    /// <summary>
    /// Files that were written since their content was last pinned: what would be lost if it were removed. Up to 20, by
    /// their paths in the workspace.
    /// </summary>
    public IReadOnlyList<string> Unpinned { get; init; } = [];
}
