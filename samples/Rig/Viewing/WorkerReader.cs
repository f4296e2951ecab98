using Isolation.Sdk;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Monitoring;

namespace Rig.Viewing;

/// <summary>Reads workers from outside the process that runs them: logs, leases and the refs of merge queues, nothing
/// else.</summary>
internal sealed class WorkerReader(RepositoryRef repository)
{
    private readonly WorkerMonitor _registry = new(repository);

    public async Task<IReadOnlyList<WorkerView>> ListAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<WorkerStatus> workers = await _registry.ListAsync(cancellationToken);
        IReadOnlyList<MergeStatus> queued = await new MergeQueueClient(repository).ReadAsync(cancellationToken);
        return [.. workers.Select(w => new WorkerView(w, Newest(queued, w.Attempt)))];
    }

    public async Task<WorkerView?> FindAsync(AttemptId attempt, CancellationToken cancellationToken) =>
        await _registry.FindAsync(attempt, cancellationToken) is { } worker
            ? new WorkerView(
                worker,
                Newest(await new MergeQueueClient(repository).ReadAsync(cancellationToken), attempt)
            )
            : null;

    public Task<string> LogAsync(AttemptId attempt, CancellationToken cancellationToken) =>
        _registry.GetLogPathAsync(attempt, cancellationToken);

    /// <summary>What is still under way says more than what has landed on another target before.</summary>
    private static MergeStatus? Newest(IReadOnlyList<MergeStatus> queued, AttemptId attempt) =>
        queued.Where(q => q.Attempt == attempt).OrderBy(q => q.IsTerminal).FirstOrDefault();
}
