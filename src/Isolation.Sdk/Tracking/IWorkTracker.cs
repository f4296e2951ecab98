namespace Isolation.Sdk.Tracking;

/// <summary>The issue tracker behind the pipeline, and the only scheduler of attempts.</summary>
public interface IWorkTracker
{
    /// <summary>Waits for an item that is ready and takes it.</summary>
    /// <param name="owner">Who takes it.</param>
    /// <param name="lease">How long the claim holds without renewal.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The claim; <see langword="null"/> when there will be none any more.</returns>
    ValueTask<WorkClaim?> ClaimAsync(string owner, TimeSpan lease, CancellationToken cancellationToken = default);

    /// <summary>Makes a claim hold for another lease.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>false: it was lost, someone else has the item.</returns>
    ValueTask<bool> RenewAsync(WorkClaim claim, CancellationToken cancellationToken = default);

    /// <summary>Says what became of a claim.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="settlement">What became of it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>false: it was lost before, and nothing was written.</returns>
    ValueTask<bool> SettleAsync(WorkClaim claim, Settlement settlement, CancellationToken cancellationToken = default);

    /// <summary>Adds a line to an item's history, which is append-only.</summary>
    /// <param name="entry">The line.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask AppendAsync(HistoryEntry entry, CancellationToken cancellationToken = default);
}
