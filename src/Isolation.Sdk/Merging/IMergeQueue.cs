namespace Isolation.Sdk.Merging;

/// <summary>The durable queue of one target: submitted work is still there after a restart.</summary>
public interface IMergeQueue : IAsyncDisposable
{
    /// <summary>Submits captured work. Idempotent by attempt; durable once it returns.</summary>
    /// <param name="request">The work.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    ValueTask SubmitAsync(MergeRequest request, CancellationToken cancellationToken = default);

    /// <summary>Watches the queue: the present state first, then every change except that of a position alone. One
    /// attempt's stream ends with its terminal state.</summary>
    /// <param name="attempt">The attempt; <see langword="null"/> for all.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    IAsyncEnumerable<MergeStatus> WatchAsync(AttemptId? attempt = null, CancellationToken cancellationToken = default);

    /// <summary>Approves one exact commit: another commit of the same attempt is not covered.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="commit">The full ID of the captured commit that was reviewed.</param>
    /// <param name="by">Who approves.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <returns>The state after it.</returns>
    ValueTask<MergeStatus> ApproveAsync(
        AttemptId attempt,
        string commit,
        string by,
        CancellationToken cancellationToken = default
    );

    /// <summary>Rejects the work.</summary>
    /// <inheritdoc cref="ApproveAsync"/>
    ValueTask<MergeStatus> RejectAsync(AttemptId attempt, string reason, CancellationToken cancellationToken = default);

    /// <summary>Takes work out of the queue.</summary>
    /// <inheritdoc cref="ApproveAsync"/>
    ValueTask<MergeStatus> CancelAsync(AttemptId attempt, CancellationToken cancellationToken = default);

    /// <summary>Keeps work from landing until it is approved again.</summary>
    /// <inheritdoc cref="ApproveAsync"/>
    ValueTask<MergeStatus> HoldAsync(AttemptId attempt, string reason, CancellationToken cancellationToken = default);

    /// <summary>Lets nothing land, durably and for every process; submitting goes on.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="minimumPriority">Work with at least this priority lands all the same. <value>null: nothing
    /// does.</value></param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    ValueTask PauseAsync(string reason, int? minimumPriority = null, CancellationToken cancellationToken = default);

    /// <summary>Lets work land again, also after the queue paused itself because the target was broken.</summary>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    ValueTask ResumeAsync(CancellationToken cancellationToken = default);
}
