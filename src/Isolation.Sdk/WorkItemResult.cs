using Isolation.Sdk.Merging;

namespace Isolation.Sdk;

/// <summary>What became of one item: one result an item, not an attempt.</summary>
/// <param name="Item">The item.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Reason">Why, when it did not land.</param>
/// <param name="Attempts">Every attempt at it in this run, in order.</param>
/// <param name="Merge">The merge queue's last word on it; <see langword="null"/> when it never got there.</param>
public sealed record WorkItemResult(
    WorkItem Item,
    ItemOutcome Outcome,
    string? Reason,
    IReadOnlyList<AttemptReport> Attempts,
    MergeStatus? Merge
);
