using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Tracking;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Scheduling;

internal sealed class MergeFollower(RunSession session, TargetQueues queues, RunResults results, ChangeSignal changed)
{
    private readonly IsolationOptions _options = session.Plan.Options;
    private int _pending;

    public ChangeSignal Changed => changed;

    // What is held for something outside does not count.
    public int PendingCount => Volatile.Read(ref _pending);

    public PendingMerge Expect(AttemptId attempt) => new(attempt, by =>
        {
            Interlocked.Add(ref _pending, by);
            changed.Set();
        });

    // Cancelled when the run was asked to drain: what waits in the queue then stays there, and the tracker knows.
    public CancellationToken Draining { get; init; }

    // Back-pressure: merges compete with workers for the machine, and would fall behind for ever.
    public Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        int limit = _options.MaxPendingMerges ?? Math.Max(16, 4 * _options.MaxWorkers);
        return WaitUntilAsync(() => PendingCount < limit, cancellationToken);
    }

    public async Task WaitUntilAsync(Func<bool> holds, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next = changed.Next;
            if (holds())
            {
                return;
            }

            await next.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task SubmitAsync(WorkItem item, AttemptReport report)
    {
        IMergeQueue queue = await QueueOf(item).ConfigureAwait(false);
        await queue
            .SubmitAsync(
                new MergeRequest(
                    report.Attempt,
                    new Capture(
                        report.Commit!,
                        report.BaseCommit!,
                        AttemptNames.RefName(report.Attempt),
                        report.Changes
                    )
                    {
                        Holds = report.Holds,
                    }
                )
                {
                    Title = item.Title,
                    Priority = item.Priority,
                    Branch = report.Branch,
                },
                CancellationToken.None
            )
            .ConfigureAwait(false);
    }

    // Takes work back whose claim was lost: somebody else does the item.
    public async Task WithdrawAsync(PendingMerge pending, WorkItem item)
    {
        IMergeQueue queue = await QueueOf(item).ConfigureAwait(false);
        await queue.CancelAsync(pending.Attempt, CancellationToken.None).ConfigureAwait(false);
    }

    // 'report' is null if an earlier run had it. At 'over' what is held stays in the queue; 'cancellationToken' takes
    // the rest back.
    public async Task FollowAsync(
        PendingMerge pending,
        TrackedItem claim,
        AttemptReport? report,
        CancellationToken over,
        CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(over, cancellationToken);
        MergeStatus last = new(pending.Attempt, MergeState.Queued);
        IMergeQueue? queue = null;
        try
        {
            queue = await QueueOf(claim.Item).ConfigureAwait(false);
            await foreach (MergeStatus status in queue.WatchAsync(pending.Attempt, either.Token).ConfigureAwait(false))
            {
                last = status;
                if (status.LandedCommit is { } landing)
                {
                    session.Workers.Guard.AddLanding(landing);
                }

                results.SetMerge(status);
                bool held =
                    status is
                    { State: MergeState.Held, Hold: not (MergeHoldReason.Dependency or MergeHoldReason.Conflict) };
                if (held && pending.IsCounted)
                {
                    results.PublishEnd(pending.Attempt, nameof(ItemOutcome.AwaitingMerge), null);
                }

                pending.See(held);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            if (queue is null || !pending.IsCounted || !cancellationToken.IsCancellationRequested)
            {
                return;
            }

            if (Draining.IsCancellationRequested)
            {
                results.PublishEnd(pending.Attempt, nameof(ItemOutcome.AwaitingMerge), null);
                return;
            }

            // It must not land behind the back of a caller who was told that it was cancelled.
            last = await queue.CancelAsync(pending.Attempt, CancellationToken.None).ConfigureAwait(false);
            results.SetMerge(last);
        }
        catch (IsolationConfigurationException e)
        {
            // Since an earlier run submitted it, its target has gone.
            results.SetFault(claim.Item.Id, e.Fault);
            last = last with { State = MergeState.Rejected, Reason = e.Message };
        }

        Settlement settlement = OutcomeMapper.FromMerge(last) switch
        {
            ItemOutcome.Cancelled when cancellationToken.IsCancellationRequested => new Settlement.Release(
                OutcomeMapper.RunCancelled,
                pending.Attempt
            ),
            (ItemOutcome.Landed or ItemOutcome.NoChange or ItemOutcome.Cancelled) and var end => new Settlement.Close(
                end,
                last.Reason
            ),
            var outcome => OutcomeMapper.Retry(
                claim,
                _options,
                outcome,
                last.Reason ?? last.State.ToString(),
                pending.Attempt,
                OutcomeMapper.Conflict(report, last)
            ),
        };
        await results.SettleAsync(claim, pending.Attempt, settlement).ConfigureAwait(false);
    }

    private Task<IMergeQueue> QueueOf(WorkItem item) => queues.OpenAsync(session.Plan.Settings.TargetOf(item));
}
