using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

internal sealed class MergeQueue : IMergeQueue
{
    private readonly QueueContext _context;
    private readonly QueueStore _store;
    private readonly StatusBroadcaster _statuses;
    private readonly QueueChangeFile _changes;
    private readonly QueueMonitor _monitor;
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    private MergeQueue(QueueContext context)
    {
        _context = context;
        _statuses = new StatusBroadcaster(() => _monitor!.Invalidate());
        _store = new QueueStore(context.Names, context.Time);
        _changes = new QueueChangeFile(context.Names.ChangeFile);
        _monitor = new QueueMonitor(context, _store, _statuses, _changes);
    }

    public static async Task<MergeQueue> OpenAsync(QueueContext context, CancellationToken cancellationToken)
    {
        MergeQueue queue = new(context);
        await queue._monitor.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);
        if (queue._monitor.State.Target is null)
        {
            throw new IsolationException(MergeStrategy.Missing(context.Names));
        }

        // Nothing of the caller's flow is in the queue's: it outlives the call.
        using (ExecutionContext.SuppressFlow())
        {
            queue._loop = Task.Run(queue.RunAsync, CancellationToken.None);
        }

        return queue;
    }

    public async ValueTask SubmitAsync(MergeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
        RequestRules.Check(request);
        if (request.DependsOn.Count > 0)
        {
            RequestRules.CheckOrder(request, await _store.ReadAsync(cancellationToken).ConfigureAwait(false));
        }

        if (
            _statuses.Latest(request.Attempt)?.State != MergeState.Landed
            && await _store
                .TryCreateAsync(request, _context.Policy, cancellationToken, i => PushAsync(i, cancellationToken))
                .ConfigureAwait(false)
                is null
        )
        {
            QueueItem? before = (await _store.ReadAsync(cancellationToken).ConfigureAwait(false)).Find(request.Attempt);
            if (before is not null && before.Head != request.Capture.Commit)
            {
                throw RequestRules.Refuse(
                    MergingCodes.Pinned,
                    request.Attempt,
                    $"{request.Attempt} was submitted with commit {before.Head}; {request.Capture.Commit} "
                        + $"is another one.",
                    "An attempt is pinned to what was captured: start a new attempt for new work."
                );
            }
        }

        Announce();
    }

    // What someone is to review is there before it counts as submitted, whoever acts and however soon the host ends.
    private async Task<QueueItem> PushAsync(QueueItem item, CancellationToken cancellationToken) =>
        _context.Policy.Options.PushBranchesTo is { } remote
        && RefReader.Read(_context.Repository.CommonDirectory, _context.Names.Item(item.Attempt)) is null
            ? await new RemotePush(_context).PushBranchAsync(item, remote, cancellationToken).ConfigureAwait(false)
            : item;

    public IAsyncEnumerable<MergeStatus> WatchAsync(
        AttemptId? attempt = null,
        CancellationToken cancellationToken = default
    ) => _statuses.WatchAsync(attempt, cancellationToken);

    public ValueTask<MergeStatus> ApproveAsync(
        AttemptId attempt,
        string commit,
        string by,
        CancellationToken cancellationToken = default
    ) => ChangeAsync(attempt, i => RequestRules.Approve(i, commit, by), cancellationToken);

    public ValueTask<MergeStatus> RejectAsync(
        AttemptId attempt,
        string reason,
        CancellationToken cancellationToken = default
    ) => ChangeAsync(attempt, i => i with { State = MergeState.Rejected, Reason = reason }, cancellationToken);

    public ValueTask<MergeStatus> CancelAsync(AttemptId attempt, CancellationToken cancellationToken = default) =>
        ChangeAsync(
            attempt,
            i => i with { State = MergeState.Cancelled, Reason = "It was taken out of the queue." },
            cancellationToken
        );

    public ValueTask<MergeStatus> HoldAsync(
        AttemptId attempt,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        ChangeAsync(
            attempt,
            i =>
                i with
                {
                    Hold = new ItemHold(MergeHoldReason.Paused, reason),
                    ApprovedCommit = null,
                    ApprovedBy = null,
                },
            cancellationToken
        );

    private async ValueTask<MergeStatus> ChangeAsync(
        AttemptId attempt,
        Func<QueueItem, QueueItem> change,
        CancellationToken cancellationToken
    )
    {
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
        while (true)
        {
            QueueState state = await _store.ReadAsync(cancellationToken).ConfigureAwait(false);
            QueueItem? item = state.Find(attempt);
            if (item is null)
            {
                return await LandedBeforeAsync(attempt, state, cancellationToken).ConfigureAwait(false);
            }

            QueueItem changed = change(item);
            if (item.IsTerminal || changed == item)
            {
                return _monitor.StatusOf(item);
            }

            if (await _store.TryChangeAsync(item, changed, cancellationToken).ConfigureAwait(false) is { } stored)
            {
                Announce();
                return _monitor.StatusOf(stored);
            }
        }
    }

    public ValueTask PauseAsync(
        string reason,
        int? minimumPriority = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(reason);
        return PauseAsync(
            new QueuePause(MergeHoldReason.Paused, reason) { MinimumPriority = minimumPriority },
            cancellationToken
        );
    }

    public ValueTask ResumeAsync(CancellationToken cancellationToken = default) => PauseAsync(null, cancellationToken);

    private async ValueTask PauseAsync(QueuePause? pause, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
        await _store.PauseAsync(pause, cancellationToken).ConfigureAwait(false);
        Announce();
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            await _loop.ConfigureAwait(false);
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _statuses.End();
    }

    private async Task<MergeStatus> LandedBeforeAsync(
        AttemptId attempt,
        QueueState state,
        CancellationToken cancellationToken
    )
    {
        TargetCommit? landing = await new TargetHistory(_context.Names)
            .FindAfterAsync(attempt, state.Target, cancellationToken)
            .ConfigureAwait(false);
        return landing is not null
            ? MergeStatus.LandedAs(attempt, landing.Commit)
            : throw RequestRules.Refuse(
                MergingCodes.UnknownAttempt,
                attempt,
                $"{attempt} is not in the queue of {_context.Names.Target}.",
                "Check the attempt's id, its number and the target."
            );
    }

    private async Task RunAsync()
    {
        CancellationToken stop = _stop.Token;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await ActOrWatchAsync(stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                MergeLog.QueueFailed(_context.Logger, _context.Names.Target, e);
                await WaitAsync(QueueContext.ReadInterval).ConfigureAwait(false);
            }
        }
    }

    private async Task ActOrWatchAsync(CancellationToken stop)
    {
        using OsFileLock? held = OsFileLock.TryAcquire(_context.Names.Lock);
        if (held is null)
        {
            await _monitor.RefreshAsync(force: false, stop).ConfigureAwait(false);
            await WaitAsync(QueueContext.PollInterval).ConfigureAwait(false);
            return;
        }

        QueueMaintenance maintenance = new(_context, _store, _monitor, _statuses, _changes);
        QueueActor actor = new(_context, maintenance, _monitor);
        await using (actor.ConfigureAwait(false))
        {
            await _monitor.RefreshAsync(force: true, stop).ConfigureAwait(false);
            await actor.RecoverAsync(stop).ConfigureAwait(false);
            while (!stop.IsCancellationRequested)
            {
                await actor.DrainAsync(stop).ConfigureAwait(false);
                await WaitAsync(QueueContext.PollInterval).ConfigureAwait(false);
                await _monitor.RefreshAsync(force: false, stop).ConfigureAwait(false);
            }
        }
    }

    private void Announce()
    {
        _monitor.Invalidate();
        _changes.Signal();
    }

    private Task WaitAsync(TimeSpan pause) => _monitor.WaitAsync(pause, [], _stop.Token);
}
