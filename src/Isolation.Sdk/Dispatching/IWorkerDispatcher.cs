namespace Isolation.Sdk.Dispatching;

/// <summary>Decides where attempts run: in this process, or on another machine. Merging stays with the
/// caller.</summary>
public interface IWorkerDispatcher
{
    /// <summary>Carries out an attempt and returns its report. An attempt that is already running is joined.</summary>
    /// <param name="assignment">Everything that the machine which runs it needs to know.</param>
    /// <param name="cancellationToken">A token to end the attempt in an orderly way: its work is captured and
    /// reported.</param>
    /// <exception cref="IsolationException">The attempt could not be carried out.</exception>
    Task<AttemptReport> DispatchAsync(WorkerAssignment assignment, CancellationToken cancellationToken = default);

    /// <summary>Puts a message into the inbox of a running attempt.</summary>
    /// <returns><see langword="false"/> if the attempt runs nowhere.</returns>
    ValueTask<bool> SendAsync(AttemptId attempt, WorkerMessage message, CancellationToken cancellationToken = default);

    /// <summary>Asks a running attempt to finish, ends it after the grace period, and returns when it has
    /// ended.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="grace">How long it may take to finish by itself.</param>
    /// <param name="cancellationToken">A token to cancel the wait; the attempt ends nevertheless.</param>
    /// <returns><see langword="false"/> if the attempt runs nowhere.</returns>
    ValueTask<bool> StopAsync(AttemptId attempt, TimeSpan grace, CancellationToken cancellationToken = default);

    /// <summary>Lists the attempts that wait, run, or hold a report that nobody has taken yet, including those of a
    /// coordinator that died.</summary>
    IAsyncEnumerable<DispatchedAttempt> ListAsync(CancellationToken cancellationToken = default);
}
