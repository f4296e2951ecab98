using Isolation.Sdk.Contexts;

namespace Isolation.Sdk.Tracking;

/// <summary>Where an item stands in its tracker, and a claim of it: its <see cref="Token"/> is what later calls are
/// checked against. Plain data: a durable tracker stores it as it is.</summary>
/// <param name="Item">The item.</param>
/// <param name="Sequence">Its place in the order in which items were added.</param>
/// <param name="State">Where it stands.</param>
public sealed record TrackedItem(WorkItem Item, long Sequence, TrackedState State)
{
    /// <summary>The IDs of the items it still waits for.</summary>
    public IReadOnlyList<string> WaitingFor { get; init; } = [];

    /// <summary>Its newest attempt, as far as the tracker was told.</summary>
    public AttemptId? Attempt { get; init; }

    /// <summary>The attempt that was begun and not settled; it may still run when its claim was lost.</summary>
    public AttemptId? Running { get; init; }

    /// <summary>How many attempts were begun.</summary>
    public int Attempts { get; init; }

    /// <summary>How many of them were lost with their machine or host. They do not use up the budget.</summary>
    public int NodeLosses { get; init; }

    /// <summary>The budget of attempts that the newest claim brought; <see langword="null"/> for no limit.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>
    /// The limit of <see cref="NodeLosses"/> that the newest claim brought; <see langword="null"/> for no limit.
    /// </summary>
    public int? MaxNodeLosses { get; init; }

    /// <summary>Who holds the claim.</summary>
    public string? Owner { get; init; }

    /// <summary>The token of the valid claim; <see langword="null"/> when nobody holds one.</summary>
    public string? Token { get; init; }

    /// <summary>How many claims there were. It makes tokens unique.</summary>
    public int Claims { get; init; }

    /// <summary>How long the claim holds without renewal.</summary>
    public TimeSpan Lease { get; init; }

    /// <summary>When the claim expires or the delay is over.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>What a suspended attempt left for the next one.</summary>
    public string? ResumeToken { get; init; }

    /// <summary>Why the previous attempt failed.</summary>
    public string? PreviousFailure { get; init; }

    /// <summary>How the previous attempt collided with the target.</summary>
    public PreviousConflict? PreviousConflict { get; init; }

    /// <summary>How many items were started before it because of its declared paths.</summary>
    public int Reorderings { get; init; }

    /// <summary>How it ended; <see langword="null"/> while it is open.</summary>
    public ItemOutcome? Outcome { get; init; }

    /// <summary>Why it waits, or why it ended so.</summary>
    public string? Reason { get; init; }

    /// <summary>The ID of the item whose end caused this one's; its own ID if it was not skipped.</summary>
    public string? RootItem { get; init; }

    /// <summary>When it was closed.</summary>
    public DateTimeOffset? ClosedAt { get; init; }
}

/// <summary>Where an item stands.</summary>
public enum TrackedState
{
    /// <summary>Other items have to land first.</summary>
    Blocked,

    /// <summary>It can be claimed.</summary>
    Ready,

    /// <summary>It is ready again after a delay.</summary>
    Delayed,

    /// <summary>Somebody works on it.</summary>
    Claimed,

    /// <summary>It waits for something outside.</summary>
    Suspended,

    /// <summary>Its work is in the merge queue.</summary>
    AwaitingMerge,

    /// <summary>It is over.</summary>
    Closed,
}
