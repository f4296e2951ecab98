using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Dispatching;

/// <summary>Receives what a running worker says. A node on another machine implements it over its connection to the
/// coordinator.</summary>
public interface IWorkerHost
{
    /// <summary>Takes an event. It never throws and never waits.</summary>
    void Publish(WorkerEvent workerEvent);

    /// <summary>Adds a comment or a blocker to the item's history.</summary>
    ValueTask AppendAsync(HistoryEntry entry, CancellationToken cancellationToken = default);

    /// <summary>Stores a handoff note of an attempt.</summary>
    /// <exception cref="IsolationException">ISO0506: a newer attempt exists; ISO0507: the note is empty or too
    /// long.</exception>
    ValueTask HandoffAsync(AttemptId attempt, string note, CancellationToken cancellationToken = default);

    /// <summary>Brings the newest commit of an attempt's target into the repository that the worker's workspace belongs
    /// to.</summary>
    /// <returns>The full id of the commit.</returns>
    ValueTask<string> FetchTargetAsync(AttemptId attempt, CancellationToken cancellationToken = default);
}
