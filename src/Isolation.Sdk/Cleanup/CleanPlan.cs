namespace Isolation.Sdk.Cleanup;

/// <summary>What a clean-up would do, or did.</summary>
/// <param name="Items">One for each thing left behind.</param>
public sealed record CleanPlan(IReadOnlyList<CleanItem> Items);

/// <summary>One thing that a dead host left behind.</summary>
/// <param name="Attempt">The attempt it belongs to.</param>
/// <param name="What">What it is, with its path.</param>
/// <param name="Action">What becomes of it.</param>
/// <param name="Why">Why.</param>
public sealed record CleanItem(AttemptId Attempt, string What, CleanAction Action, string Why)
{
    /// <summary>
    /// Files that were written since their content was last pinned: what would be lost if it were removed. Up to 20, by
    /// their paths in the workspace.
    /// </summary>
    public IReadOnlyList<string> Unpinned { get; init; } = [];
}

/// <summary>What becomes of something left behind.</summary>
public enum CleanAction
{
    /// <summary>It is removed.</summary>
    Remove,

    /// <summary>It holds work that is pinned nowhere else, or evidence: it is kept and reported.</summary>
    Keep,
}
