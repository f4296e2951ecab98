namespace Isolation.Sdk.Tracking;

/// <summary>Where an item stands in its tracker.</summary>
/// <param name="Item">The item.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Waiting">Ids of the items it still waits for.</param>
/// <param name="Attempt">Its newest attempt, as far as the tracker was told.</param>
/// <param name="Outcome">How it ended; <see langword="null"/> while it is open.</param>
/// <param name="Reason">Why it waits, or why it ended so.</param>
public sealed record TrackedItem(
    WorkItem Item,
    TrackedState State,
    IReadOnlyList<string> Waiting,
    AttemptId? Attempt,
    ItemOutcome? Outcome,
    string? Reason
);

/// <summary>Where an item stands.</summary>
public enum TrackedState
{
    /// <summary>Other items have to land first.</summary>
    Blocked,

    /// <summary>It can be claimed.</summary>
    Ready,

    /// <summary>It is ready again after a delay.</summary>
    Delayed,

    /// <summary>Somebody has it.</summary>
    Claimed,

    /// <summary>It waits for something outside.</summary>
    Suspended,

    /// <summary>Its work is in the merge queue.</summary>
    AwaitingMerge,

    /// <summary>It is over.</summary>
    Closed,
}
