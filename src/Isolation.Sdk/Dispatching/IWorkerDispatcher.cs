namespace Isolation.Sdk.Dispatching;

/// <summary>Says where a worker runs: in this process, or on another machine. Merging stays with whoever asked.</summary>
public interface IWorkerDispatcher
{
    /// <summary>Has an attempt carried out, and waits for its report. Dispatching the same attempt again re-attaches to it.</summary>
    /// <param name="assignment">Everything that the machine which runs it needs to know.</param>
    /// <param name="cancellationToken">Ends the attempt in an orderly way: what it had made is captured and reported.</param>
    /// <exception cref="IsolationException">The attempt could not be carried out at all.</exception>
    Task<AttemptReport> DispatchAsync(WorkerAssignment assignment, CancellationToken cancellationToken = default);
}
