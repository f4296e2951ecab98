using System.Collections.Concurrent;
using Isolation.Sdk.Attempts;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Git;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Scheduling;

internal sealed class AssignmentFactory(RunSession session, TargetQueues queues)
{
    private readonly AttemptIssuer _issuer = new(session.Repository);
    private readonly BaseResolver _bases = new(
        session.Repository,
        session.Plan.Settings.FetchRemote,
        session.Plan.Time
    );
    private readonly ConcurrentDictionary<AttemptId, ResolvedBase> _starts = new();
    private readonly HandoffStore _handoffs = new(session.Repository);
    private readonly ConcurrentDictionary<string, WorkerAssignment> _lost = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private Task<IReadOnlyList<DispatchedAttempt>>? _left;

    public async Task<WorkerAssignment> CreateAsync(TrackedItem claim, CancellationToken cancellationToken)
    {
        (WorkItem item, PipelineSettings settings) = (claim.Item, session.Plan.Settings);
        string target = settings.TargetOf(item);
        await queues.OpenAsync(target).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (await FindRunningAsync(claim, cancellationToken).ConfigureAwait(false) is { } running)
        {
            // Its coordinator died, not the machine that it runs on: dispatching it again joins it.
            return Assign(running.Attempt, running.BaseCommit);
        }

        await _bases.FetchAsync(item.Base, cancellationToken).ConfigureAwait(false);
        ResolvedBase start =
            claim is { ResumeToken: not null, Attempt: { } before } && _issuer.PinnedBy(before) is { } left
                ? new ResolvedBase(left)
                : await _bases.ResolveAsync(item, RefNames.OfBranch(target), cancellationToken).ConfigureAwait(false);
        string baseCommit = start.Commit;
        _lost.TryRemove(item.Id, out WorkerAssignment? lost);
        AttemptId attempt = await _issuer
            .IssueAsync(item.Id, baseCommit, lost is null ? null : (lost.Attempt, lost.BaseCommit), cancellationToken)
            .ConfigureAwait(false);
        _starts[attempt] = start;
        return Assign(attempt, baseCommit) with
        {
            Handoffs = await ReadHandoffsAsync(item, cancellationToken).ConfigureAwait(false),
            PreviousFailure = claim.PreviousFailure,
            Conflict = claim.PreviousConflict,
            ResumeToken = claim.ResumeToken,
        };

        WorkerAssignment Assign(AttemptId issued, string commit) =>
            new(issued, item, commit)
            {
                RepositoryName = Path.GetFileName(Path.TrimEndingDirectorySeparator(session.Repository.Reference.Path)),
                ObjectFormat = session.Repository.ObjectFormat,
                Target = target,
                Requires = item.Requires,
                Runner = settings.RunnerName,
                TimeLimit = item.Timeout,
                MinimumLevel = settings.Level,
                TraceParent = session.TraceParent,
            };
    }

    // What is known of where an attempt starts; asked once.
    public ResolvedBase? TakeStart(AttemptId attempt) =>
        _starts.TryRemove(attempt, out ResolvedBase? start) && start.Text is not null ? start : null;

    // The machine of this attempt was lost: the next one at its item retires it.
    public void AddLost(WorkerAssignment assignment) => _lost[assignment.Item.Id] = assignment;

    // The attempt of an item that another coordinator left running.
    private async Task<DispatchedAttempt?> FindRunningAsync(TrackedItem claim, CancellationToken cancellationToken)
    {
        if (claim.Running is { } running)
        {
            return (await ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(d => d.Attempt == running);
        }

        // A tracker that began anew knows of none. A ref that is still at its base says that this repository issued it.
        Task<IReadOnlyList<DispatchedAttempt>> left;
        lock (_gate)
        {
            left = _left is null or { IsFaulted: true } ? _left = ListAsync(CancellationToken.None) : _left;
        }

        return claim.ResumeToken is not null
            ? null
            : (await left.WaitAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(d =>
                d.Attempt.Item == claim.Item.Id && _issuer.PinnedBy(d.Attempt) == d.BaseCommit
            );
    }

    private async Task<IReadOnlyList<DispatchedAttempt>> ListAsync(CancellationToken cancellationToken)
    {
        List<DispatchedAttempt> all = [];
        await foreach (
            DispatchedAttempt dispatched in session.Dispatcher.ListAsync(cancellationToken).ConfigureAwait(false)
        )
        {
            all.Add(dispatched);
        }

        return all;
    }

    private async Task<IReadOnlyList<Handoff>> ReadHandoffsAsync(WorkItem item, CancellationToken cancellationToken)
    {
        List<Handoff> notes = [];
        foreach (string blocker in item.BlockedBy)
        {
            notes.AddRange(await _handoffs.ReadAsync(blocker, cancellationToken).ConfigureAwait(false));
        }

        return notes;
    }
}
