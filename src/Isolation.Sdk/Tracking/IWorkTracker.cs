namespace Isolation.Sdk.Tracking;

/// <summary>
/// The issue tracker behind the pipeline, and the only scheduler of attempts. <see cref="WorkScheduler"/> has its
/// rules; a tracker adds storage.
/// </summary>
public interface IWorkTracker
{
    /// <summary>Adds items. An item may be blocked by one that is added later.</summary>
    /// <returns>The results of the items that were not taken, each with its fault; all others were
    /// taken.</returns>
    ValueTask<IReadOnlyList<WorkItemResult>> AddAsync(
        IReadOnlyCollection<WorkItem> items,
        CancellationToken cancellationToken = default
    );

    /// <summary>Claims the next item, and waits for one if necessary.</summary>
    /// <returns>The claim; <see langword="null"/> when nothing is ready, delayed or claimed, and none is waited for.
    /// Ask again after an item was added, resumed or merged.</returns>
    ValueTask<TrackedItem?> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken = default);

    /// <summary>Records which attempt carries a claim out, so that it is known when its host dies.</summary>
    /// <returns><see langword="false"/> if the claim was lost.</returns>
    ValueTask<bool> BeginAsync(TrackedItem claim, AttemptId attempt, CancellationToken cancellationToken = default);

    /// <summary>Renews a claim for another lease.</summary>
    /// <returns><see langword="false"/> if the claim was lost.</returns>
    ValueTask<bool> RenewAsync(TrackedItem claim, CancellationToken cancellationToken = default);

    /// <summary>Settles a claim.</summary>
    /// <returns>The item after it; <see langword="null"/> if the claim was lost and nothing was written.</returns>
    ValueTask<TrackedItem?> SettleAsync(
        TrackedItem claim,
        Settlement settlement,
        CancellationToken cancellationToken = default
    );

    /// <summary>Adds a line to an item's history, which is append-only.</summary>
    /// <exception cref="IsolationException">ISO0707: there is no such item.</exception>
    ValueTask AppendAsync(HistoryEntry entry, CancellationToken cancellationToken = default);

    /// <summary>Makes a suspended item ready; its next claim brings its resume token.</summary>
    /// <returns><see langword="false"/> if it was not suspended.</returns>
    ValueTask<bool> ResumeAsync(string item, CancellationToken cancellationToken = default);

    /// <summary>Closes an item that nobody works on as <see cref="ItemOutcome.Cancelled"/>.</summary>
    /// <returns><see langword="false"/> if it is claimed, awaits its merge, is closed or unknown.</returns>
    ValueTask<bool> CancelAsync(string item, string reason, CancellationToken cancellationToken = default);

    /// <summary>Gives an open item other properties. Its next attempt has them.</summary>
    /// <returns>Why it was not done; <see langword="null"/> if it was.</returns>
    ValueTask<IsolationFault?> EditAsync(WorkItem item, CancellationToken cancellationToken = default);

    /// <summary>Opens a closed item again, with a new budget, and the items that were skipped because of it.</summary>
    /// <returns><see langword="false"/> if it is unknown, open, or still skipped because of another.</returns>
    ValueTask<bool> ReopenAsync(string item, CancellationToken cancellationToken = default);

    /// <summary>Reads where every item stands, in the order in which they were added.</summary>
    ValueTask<IReadOnlyList<TrackedItem>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Watches all items: first where each stands, then each one that changed. Several changes of an item may come as
    /// one.
    /// </summary>
    /// <param name="cancellationToken">A token to end the stream.</param>
    IAsyncEnumerable<TrackedItem> WatchAsync(CancellationToken cancellationToken = default);

    /// <summary>Reads an item's history, oldest line first.</summary>
    /// <returns>The lines so far; none for an unknown item.</returns>
    ValueTask<IReadOnlyList<HistoryEntry>> ReadHistoryAsync(string item, CancellationToken cancellationToken = default);
}
