using Isolation.Sdk.Contexts;

namespace Isolation.Sdk.Tracking;

/// <summary>What became of a claim.</summary>
public abstract record Settlement
{
    private Settlement() { }

    /// <summary>It waits for something outside.</summary>
    /// <param name="ResumeToken">Handed to the attempt that goes on.</param>
    /// <param name="Reason">What it waits for.</param>
    /// <param name="Attempt">The attempt that waits; the next claim names it as the previous one.</param>
    public sealed record Suspend(string ResumeToken, string Reason, AttemptId? Attempt = null) : Settlement;

    /// <summary>It waits for other items.</summary>
    /// <param name="Items">Their IDs.</param>
    public sealed record Block(IReadOnlyList<string> Items) : Settlement;

    /// <summary>
    /// Its work is in the merge queue. The claim stays valid, without expiry, for one more settlement: what became of
    /// the merge.
    /// </summary>
    /// <param name="Attempt">The attempt that is waiting there.</param>
    public sealed record AwaitMerge(AttemptId Attempt) : Settlement;

    /// <summary>It is ready again, for a new attempt in a new workspace, unless its budget is used up.</summary>
    /// <param name="Delay">How long to wait before the next attempt.</param>
    /// <param name="Reason">Why; the next briefing says it.</param>
    /// <param name="Attempt">The attempt that failed; the next claim names it as the previous one.</param>
    public sealed record Retry(TimeSpan Delay, string Reason, AttemptId? Attempt = null) : Settlement
    {
        /// <summary>
        /// How the item ends if its budget is used up. <value><see cref="ItemOutcome.Failed"/>.</value>
        /// </summary>
        public ItemOutcome Outcome { get; init; } = ItemOutcome.Failed;

        /// <summary>How the attempt collided with the target.</summary>
        public PreviousConflict? Conflict { get; init; }

        /// <summary>Whether the machine is to blame and not the item. <value>false.</value></summary>
        public bool NodeLost { get; init; }
    }

    /// <summary>
    /// It is ready again as if it had not been claimed: whoever had it stops before it is done. Its budget is not used.
    /// </summary>
    /// <param name="Reason">Why; the next briefing says it.</param>
    /// <param name="Attempt">The attempt that was ended; the next claim names it as the previous one.</param>
    public sealed record Release(string Reason, AttemptId? Attempt = null) : Settlement;

    /// <summary>It is over.</summary>
    /// <param name="Outcome">How; not <see cref="ItemOutcome.AwaitingMerge"/> or <see cref="ItemOutcome.Suspended"/>,
    /// which have settlements of their own.</param>
    /// <param name="Reason">Why, if it did not land.</param>
    public sealed record Close(ItemOutcome Outcome, string? Reason = null) : Settlement;
}
