using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Scheduling;

/// <summary>
/// Claims ready items, has each carried out in a free slot, hands what it made to the merge queue and settles.
/// </summary>
internal sealed class RunLoop(
    RunSession session,
    IWorkTracker tracker,
    MergeFollower merges,
    RunResults results,
    ItemFeed feed
)
{
    private static readonly TimeSpan ClaimLease = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan MaxUnknown = TimeSpan.FromSeconds(10);
    private readonly IsolationOptions _options = session.Plan.Options;
    private readonly SemaphoreSlim _slots = new(session.Plan.Options.MaxWorkers, session.Plan.Options.MaxWorkers);
    private int _busy;

    /// <param name="waitForItems">Whether a tracker that is open for items keeps the run going.</param>
    /// <param name="waiting">Items whose work waits in the merge queue since an earlier run.</param>
    /// <param name="draining">A token to stop claiming.</param>
    /// <param name="cancellationToken">A token to end everything in an orderly way.</param>
    public async Task RunAsync(
        bool waitForItems,
        IEnumerable<TrackedItem> waiting,
        CancellationToken draining,
        CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource broken = new();
        using CancellationTokenSource over = new();
        using CancellationTokenSource claiming = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            draining,
            broken.Token
        );
        List<Task> working =
        [
            .. waiting
                .Select(w => (Claim: w.GetClaim()!, Pending: merges.Expect(w.Attempt!.Value)))
                .ToArray() // All of them count before the first claim.
                .Select(w => StartAsync(() => FollowAsync(w.Pending, w.Claim, over.Token, cancellationToken))),
        ];
        try
        {
            ClaimRequest request = new($"{Environment.MachineName}:{Environment.ProcessId}", ClaimLease)
            {
                MaxAttempts = _options.MaxAttempts,
                MaxNodeLosses = _options.MaxNodeLosses,
                MaxReorderings = session.Plan.Forecast.MaxReorderings,
                WaitForItems = waitForItems,
            };
            while (await ClaimAsync(request, claiming.Token).ConfigureAwait(false) is { } claim)
            {
                Interlocked.Increment(ref _busy);
                working.RemoveAll(t => t.IsCompletedSuccessfully);
                working.Add(StartAsync(() => WorkAsync(claim, over.Token, cancellationToken)));
            }
        }
        catch (OperationCanceledException) when (claiming.IsCancellationRequested)
        {
            // No more claims; what runs is ending in an orderly way, or by itself.
            await merges
                .WaitUntilAsync(() => Volatile.Read(ref _busy) + merges.PendingCount == 0, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            // Also when the tracker broke: nothing of a run outlives it.
            await over.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(working).ConfigureAwait(false);

        // A tracker that cannot be told what became of an item is of no use for the next one either.
        Task StartAsync(Func<Task> work) =>
            Task.Run(
                async () =>
                {
                    try
                    {
                        await work().ConfigureAwait(false);
                    }
                    catch
                    {
                        await broken.CancelAsync().ConfigureAwait(false);
                        throw;
                    }
                },
                CancellationToken.None
            );
    }

    /// <summary>Waits for a slot, for room in the merge queue and for an item.</summary>
    /// <returns><see langword="null"/>: none can come any more.</returns>
    private async Task<WorkClaim?> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            await merges.WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
            Task changed = merges.Changed.Next;
            if (await tracker.ClaimAsync(request, cancellationToken).ConfigureAwait(false) is { } claim)
            {
                return claim;
            }

            if (!changed.IsCompleted && !feed.IsOpen && merges.PendingCount == 0)
            {
                return null;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FollowAsync(
        PendingMerge pending,
        WorkClaim claim,
        CancellationToken over,
        CancellationToken cancellationToken
    )
    {
        using (pending)
        {
            // A queue that does not know it says nothing: that must not keep the run going.
            using ITimer unknown = session.Plan.Services.Time.CreateTimer(
                static p => ((PendingMerge)p!).GiveUpUnlessSeen(),
                pending,
                MaxUnknown,
                Timeout.InfiniteTimeSpan
            );
            await merges.FollowAsync(pending, claim, null, over, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WorkAsync(WorkClaim claim, CancellationToken over, CancellationToken cancellationToken)
    {
        AttemptId? attempt = null;
        AttemptReport? report = null;
        IDisposable? log = null;
        PendingMerge? pending = null;
        Settlement settlement;
        int slots = 1;
        using CancellationTokenSource held = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using CancellationTokenSource settling = new();
        Task renewal = RenewAsync(claim, held, settling.Token);
        try
        {
            try
            {
                WorkerAssignment assignment = await PrepareAsync(claim, held.Token).ConfigureAwait(false);
                attempt = assignment.Attempt;
                log = session.Events.LogTo(assignment.Attempt, session.Directory.LogOf(assignment.Attempt));
                session.Events.Publish(
                    new WorkerEvent(assignment.Attempt, default, WorkerEventKind.Stage)
                    {
                        Stage = Stage.Claim,
                        Text = claim.Item.Title,
                    }
                );
                await tracker.BeginAsync(claim, assignment.Attempt, held.Token).ConfigureAwait(false);
                report = await DispatchAsync(assignment, held.Token).ConfigureAwait(false);
                results.Add(report);
                settlement = OutcomeMapper.Decide(claim, report, _options, cancellationToken.IsCancellationRequested);

                // It counts as pending before its slot is free and before the tracker lets go of it.
                pending = settlement is Settlement.AwaitMerge ? merges.Expect(report.Attempt) : null;
                FreeSlot();
                if (pending is not null)
                {
                    await merges.SubmitAsync(claim.Item, report).ConfigureAwait(false);
                }
            }
            catch (Exception e)
            {
                results.SetFault(claim.Item.Id, (e as IsolationException)?.Fault);
                settlement = cancellationToken.IsCancellationRequested
                    ? new Settlement.Release(OutcomeMapper.RunCancelled, attempt)
                    : OutcomeMapper.Retry(
                        claim,
                        _options,
                        ItemOutcome.Failed,
                        e is IsolationException ? e.Message : $"{e.GetType().Name}: {e.Message}",
                        attempt
                    );
            }
            finally
            {
                FreeSlot();
                await settling.CancelAsync().ConfigureAwait(false);
                await renewal.ConfigureAwait(false);
            }

            TrackedItem? item;
            try
            {
                item = await results.SettleAsync(claim, attempt, settlement).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _busy);
                merges.Changed.Set();
            }

            if (pending is not null && settlement is Settlement.AwaitMerge)
            {
                await (
                    item is null
                        ? merges.WithdrawAsync(pending)
                        : merges.FollowAsync(pending, claim, report, over, cancellationToken)
                ).ConfigureAwait(false);
            }
        }
        finally
        {
            pending?.Dispose();
            log?.Dispose();
        }

        void FreeSlot()
        {
            if (slots-- > 0)
            {
                _slots.Release();
            }
        }
    }

    /// <summary>Issues the attempt and collects what its worker has to know.</summary>
    private async Task<WorkerAssignment> PrepareAsync(WorkClaim claim, CancellationToken cancellationToken)
    {
        WorkItem item = claim.Item;
        if (await session.FindRunningAsync(claim, cancellationToken).ConfigureAwait(false) is { } running)
        {
            // Its coordinator died, not the machine that it runs on: dispatching it again joins it.
            return Assign(running.Attempt, running.BaseCommit);
        }

        await session
            .Issuer.RefreshAsync(session.Plan.Settings.FetchRemote, session.Plan.Services.Time, cancellationToken)
            .ConfigureAwait(false);
        string baseCommit =
            claim is { ResumeToken: not null, Previous: { } before } && session.Issuer.PinnedBy(before) is { } left
                ? left
                : await session
                    .Issuer.ResolveBaseAsync(item, session.Plan.TargetRef, cancellationToken)
                    .ConfigureAwait(false);
        return Assign(
            await session.Issuer.IssueAsync(item.Id, baseCommit, cancellationToken).ConfigureAwait(false),
            baseCommit
        ) with
        {
            Handoffs = await session.ReadHandoffsAsync(item, cancellationToken).ConfigureAwait(false),
            PreviousFailure = claim.PreviousFailure,
            Conflict = claim.PreviousConflict,
            ResumeToken = claim.ResumeToken,
        };

        WorkerAssignment Assign(AttemptId attempt, string start) =>
            session.Complete(
                new WorkerAssignment(attempt, item, start) { TimeLimit = item.Timeout, Requires = item.Requires }
            );
    }

    private async Task<AttemptReport> DispatchAsync(WorkerAssignment assignment, CancellationToken cancellationToken)
    {
        using IDisposable listening = session.Host.Register(assignment);
        AttemptReport report = await session
            .Dispatcher.DispatchAsync(assignment, cancellationToken)
            .ConfigureAwait(false);
        session.Running.Remove(assignment.Attempt);
        return await session
            .Host.CollectAsync(assignment, report, cancellationToken: CancellationToken.None)
            .ConfigureAwait(false);
    }

    /// <summary>Keeps the claim alive; when it is lost, someone else has the item and what is done here ends.</summary>
    private async Task RenewAsync(WorkClaim claim, CancellationTokenSource held, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(ClaimLease / 3, session.Plan.Services.Time, cancellationToken).ConfigureAwait(false);
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
}
