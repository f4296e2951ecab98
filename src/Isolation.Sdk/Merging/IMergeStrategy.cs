namespace Isolation.Sdk.Merging;

/// <summary>Decides how captured work reaches the target.</summary>
public interface IMergeStrategy : IIsolationAxis
{
    /// <summary>Joins the one queue of a target: acts if it gets the queue's lock, submits and watches if not.</summary>
    /// <param name="target">The repository and the full ref.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<IMergeQueue> OpenAsync(MergeTarget target, CancellationToken cancellationToken = default);

    /// <summary>Finds what would keep work from landing, before any of it is done.</summary>
    /// <param name="target">The repository and the full ref.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    ValueTask<IReadOnlyList<IsolationFault>> CheckAsync(
        MergeTarget target,
        CancellationToken cancellationToken = default
    ) => ValueTask.FromResult<IReadOnlyList<IsolationFault>>([]);
}
