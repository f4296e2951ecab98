using System.Text.Json.Serialization;
using Isolation.Sdk.Merging;

namespace Isolation.Sdk;

/// <summary>What became of one item: one result an item, not an attempt.</summary>
/// <param name="Item">The item.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Reason">Why, if it did not land.</param>
/// <param name="Attempts">Every attempt at it in this run, in order; none if it was never started.</param>
/// <param name="Merge">The merge queue's last word on it; <see langword="null"/> if it never got there.</param>
public sealed record WorkItemResult(
    WorkItem Item,
    ItemOutcome Outcome,
    string? Reason,
    IReadOnlyList<AttemptReport> Attempts,
    MergeStatus? Merge
)
{
    /// <summary>
    /// The fault that ended it, before, in or without an attempt; <see langword="null"/> if there was none.
    /// </summary>
    public IsolationFault? Fault { get; init; }

    /// <summary>The last attempt in this run; <see langword="null"/> if it was never started.</summary>
    [JsonIgnore]
    public AttemptReport? LastAttempt => Attempts.Count > 0 ? Attempts[^1] : null;
}
