using Isolation.Sdk.Composition;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tracking;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Scheduling;

/// <summary>Takes ready items from the tracker, has each carried out in a free slot, brings what it made to the queue and settles.</summary>
internal sealed class RunLoop(
    RunSession session,
    IMergeQueue queue,
    IWorkTracker tracker,
    RunResults ledger,
    string owner
)
{
    private static readonly TimeSpan ClaimLease = TimeSpan.FromMinutes(5);
    private readonly PipelinePlan _plan = session.Plan;
    private readonly SemaphoreSlim _slots = new(session.Plan.Options.MaxWorkers, session.Plan.Options.MaxWorkers);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        List<Task> working = [];
        using CancellationTokenSource broken = new();
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            broken.Token
        );
        try
        {
            while (true)
            {
                await _slots.WaitAsync(either.Token).ConfigureAwait(false);
                WorkClaim? claim = await tracker.ClaimAsync(owner, ClaimLease, either.Token).ConfigureAwait(false);
                if (claim is null)
                {
                    break;
                }

                working.RemoveAll(t => t.IsCompletedSuccessfully);
                working.Add(Task.Run(() => BreakingAsync(claim, broken, cancellationToken), CancellationToken.None));
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // No more claims; what runs is ending in an orderly way, or by itself.
        }
        finally
        {
            // Also when the tracker broke: nothing of a run outlives it.
            await Task.WhenAll(working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(working).ConfigureAwait(false);
    }

    /// <summary>A tracker that cannot be told what became of an item is of no use for the next one either.</summary>
    private async Task BreakingAsync(
        WorkClaim claim,
        CancellationTokenSource broken,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await WorkAsync(claim, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await broken.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task WorkAsync(WorkClaim claim, CancellationToken cancellationToken)
    {
        SlotHold slot = new(_slots);
        using CancellationTokenSource renewing = new();
        using CancellationTokenSource held = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task renewal = RenewAsync(claim, held, renewing.Token);
        Settlement settlement;
        try
        {
            settlement =
                claim.Kind == ClaimKind.AwaitingMerge && claim.Previous is { } waiting
                    ? await FollowAsync(claim.Item, waiting, slot, held.Token).ConfigureAwait(false)
                    : await AttemptAsync(claim, slot, held.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            settlement = cancellationToken.IsCancellationRequested
                ? new Settlement.Close(ItemOutcome.Cancelled, "The run was cancelled.")
                : Again(
                    claim.Item,
                    ItemOutcome.Failed,
                    e is IsolationException ? e.Message : $"{e.GetType().Name}: {e.Message}"
                );
        }
        finally
        {
            slot.Free();
            await renewing.CancelAsync().ConfigureAwait(false);
            await renewal.ConfigureAwait(false);
        }

        if (settlement is Settlement.Close close)
        {
            ledger.Close(claim.Item, close.Outcome, close.Reason);
        }

        await tracker.SettleAsync(claim, settlement, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<Settlement> AttemptAsync(WorkClaim claim, SlotHold slot, CancellationToken cancellationToken)
    {
        WorkItem item = claim.Item;
        ledger.Begin(item.Id);
        await session
            .Issuer.RefreshAsync(_plan.Settings.FetchRemote, _plan.Services.Time, cancellationToken)
            .ConfigureAwait(false);
        string baseCommit =
            claim is { Kind: ClaimKind.Resumed, Previous: { } before } && session.Issuer.PinnedBy(before) is { } left
                ? left
                : await session.Issuer.ResolveBaseAsync(item, _plan.TargetRef, cancellationToken).ConfigureAwait(false);
        AttemptId attempt = await session
            .Issuer.IssueAsync(item.Id, baseCommit, cancellationToken)
            .ConfigureAwait(false);
        using IDisposable log = session.Events.LogTo(attempt, session.Directory.LogOf(attempt));
        session.Events.Publish(
            new WorkerEvent(attempt, default, WorkerEventKind.Stage) { Stage = Stage.Claim, Text = item.Title }
        );

        WorkerAssignment assignment = session.Complete(
            new WorkerAssignment(attempt, item, baseCommit)
            {
                Handoffs = await session.ReadHandoffsAsync(item, cancellationToken).ConfigureAwait(false),
                PreviousFailure = claim.PreviousFailure,
                Conflict = PreviousConflicts.Of(claim, ledger),
                ResumeToken = claim.ResumeToken,
            }
        );
        AttemptReport report;
        using (session.Host.Register(assignment))
        {
            report = await session
                .Host.CollectAsync(
                    assignment,
                    await session.Dispatcher.DispatchAsync(assignment, cancellationToken).ConfigureAwait(false),
                    cancellationToken: CancellationToken.None
                )
                .ConfigureAwait(false);
        }

        session.Running.Remove(attempt);
        ledger.Add(item.Id, report);
        slot.Free();

        Settlement settlement = await DecideAsync(item, report, cancellationToken).ConfigureAwait(false);
        session.Events.Publish(
            new WorkerEvent(
                attempt,
                default,
                settlement is Settlement.Suspend ? WorkerEventKind.Suspended : WorkerEventKind.Ended
            )
            {
                Text = OutcomeMapper.Reason(settlement),
                Data = new Dictionary<string, string> { ["outcome"] = OutcomeMapper.Name(settlement) },
            }
        );
        return settlement;
    }

    private async Task<Settlement> DecideAsync(WorkItem item, AttemptReport report, CancellationToken cancellationToken)
    {
        if (report.Contamination.Count > 0)
        {
            string what = string.Join("; ", report.Contamination);
            return report.IsVictim
                ? Again(
                    item,
                    ItemOutcome.Quarantined,
                    $"It was interfered with, or stands under suspicion with others: {what}"
                )
                : new Settlement.Close(ItemOutcome.Quarantined, what);
        }

        switch (report.Result)
        {
            case RunResult.Done when report.Changes.Count == 0:
                return new Settlement.Close(ItemOutcome.NoChange, "It was done without changing a file.");
            case RunResult.Done:
                Capture capture = new(
                    report.Commit!,
                    report.BaseCommit!,
                    AttemptNames.RefName(report.Attempt),
                    report.Changes
                );
                await queue
                    .SubmitAsync(
                        new MergeRequest(report.Attempt, capture)
                        {
                            Title = item.Title,
                            Priority = item.Priority,
                            Branch = report.Branch,
                        },
                        CancellationToken.None
                    )
                    .ConfigureAwait(false);
                return await FollowAsync(item, report.Attempt, null, cancellationToken).ConfigureAwait(false);
            case RunResult.BlockedOn blocked:
                return new Settlement.Block(blocked.Items);
            case RunResult.Suspended suspended:
                return new Settlement.Suspend(suspended.ResumeToken, suspended.Reason, report.Attempt);
            default:
                RunResult.Failed failed = (RunResult.Failed)report.Result;
                return cancellationToken.IsCancellationRequested
                        ? new Settlement.Close(ItemOutcome.Cancelled, failed.Reason)
                    : failed.Retryable
                        ? Again(item, report.TimedOut ? ItemOutcome.TimedOut : ItemOutcome.Failed, failed.Reason)
                    : new Settlement.Close(report.TimedOut ? ItemOutcome.TimedOut : ItemOutcome.Failed, failed.Reason);
        }
    }

    private async Task<Settlement> FollowAsync(
        WorkItem item,
        AttemptId attempt,
        SlotHold? slot,
        CancellationToken cancellationToken
    )
    {
        slot?.Free();
        MergeStatus last = new(attempt, MergeState.Queued);
        try
        {
            await foreach (MergeStatus status in queue.WatchAsync(attempt, cancellationToken).ConfigureAwait(false))
            {
                last = status;
                if (status.LandedCommit is { } landing)
                {
                    session.Workers.Guard.AddLanding(landing);
                }

                ledger.SetMerge(item.Id, status);
                session.Events.Publish(
                    new WorkerEvent(attempt, default, WorkerEventKind.Merge)
                    {
                        Stage = Stage.Merge,
                        Text = status.ToLine(),
                    }
                );
                if (
                    status is
                    { State: MergeState.Held, Hold: not (MergeHoldReason.Dependency or MergeHoldReason.Conflict) }
                )
                {
                    return new Settlement.AwaitMerge(attempt);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It must not land behind the back of a caller who was told that it was cancelled.
            last = await queue
                .CommandAsync(attempt, new MergeCommand.Cancel(), CancellationToken.None)
                .ConfigureAwait(false);
            ledger.SetMerge(item.Id, last);
        }

        return
            OutcomeMapper.FromMerge(last)
                is { } outcome
                    and not (ItemOutcome.Landed or ItemOutcome.NoChange or ItemOutcome.Cancelled)
            ? Again(item, outcome, last.Reason ?? last.State.ToString())
            : new Settlement.Close(OutcomeMapper.FromMerge(last), last.Reason);
    }

    private Settlement Again(WorkItem item, ItemOutcome outcome, string reason)
    {
        int used = Math.Max(1, ledger.AttemptsAt(item.Id));
        if (used >= _plan.Options.MaxAttempts)
        {
            return new Settlement.Close(outcome, reason);
        }

        try
        {
            return new Settlement.Retry(_plan.Options.RetryDelay(used), reason, ledger.LastOf(item.Id)?.Attempt);
        }
        catch (Exception e)
        {
            return new Settlement.Close(
                outcome,
                $"{reason} (It is not tried again: RetryDelay threw {e.GetType().Name}: {e.Message})"
            );
        }
    }

    /// <summary>Keeps the claim alive; when it is lost, someone else has the item and what is done here ends.</summary>
    private async Task RenewAsync(WorkClaim claim, CancellationTokenSource held, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(ClaimLease / 3, _plan.Services.Time, cancellationToken).ConfigureAwait(false);
                if (!await tracker.RenewAsync(claim, cancellationToken).ConfigureAwait(false))
                {
                    await held.CancelAsync().ConfigureAwait(false);
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The claim is about to be settled.
        }
        catch (Exception)
        {
            // Whether the claim still holds is not known: the settlement, which is fenced, will tell.
        }
    }

    private sealed class SlotHold(SemaphoreSlim slots)
    {
        private int _freed;

        public void Free()
        {
            if (Interlocked.Exchange(ref _freed, 1) == 0)
            {
                slots.Release();
            }
        }
    }
}
