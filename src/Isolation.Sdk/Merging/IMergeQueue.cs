namespace Isolation.Sdk.Merging;

/// <summary>The queue of one target, durable: what was submitted is still there after a restart.</summary>
public interface IMergeQueue : IAsyncDisposable
{
    /// <summary>Hands captured work in. Idempotent by attempt; durable once it returns.</summary>
    /// <param name="request">The work.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask SubmitAsync(MergeRequest request, CancellationToken cancellationToken = default);

    /// <summary>Watches the queue: the present state first, then every change. One attempt's stream ends at a terminal state.</summary>
    /// <param name="attempt">The attempt; <see langword="null"/> for all.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    IAsyncEnumerable<MergeStatus> WatchAsync(AttemptId? attempt = null, CancellationToken cancellationToken = default);

    /// <summary>Approves an exact commit, rejects, cancels or holds.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="command">What to do.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The state after it.</returns>
    ValueTask<MergeStatus> CommandAsync(
        AttemptId attempt,
        MergeCommand command,
        CancellationToken cancellationToken = default
    );

    /// <summary>Pauses or resumes the whole queue, for every process.</summary>
    /// <param name="command">What to do.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask CommandAsync(QueueCommand command, CancellationToken cancellationToken = default);
}
