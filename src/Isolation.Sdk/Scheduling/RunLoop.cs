using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Scheduling;

// Claims ready items, has each carried out in a free slot, hands what it made to the merge queue and settles.
internal sealed class RunLoop(
    RunSession session,
    IWorkTracker tracker,
    AssignmentFactory assignments,
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

    // 'waiting' waits in the merge queue since an earlier run. 'draining' stops claiming, 'cancellationToken'
    // everything.
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
                .Select(w => (Claim: w!, Pending: merges.Expect(w.Attempt!.Value)))
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

    // null: none can come any more.
    private async Task<TrackedItem?> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
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
        TrackedItem claim,
        CancellationToken over,
        CancellationToken cancellationToken
    )
    {
        using (pending)
        {
            // A queue that does not know it says nothing: that must not keep the run going.
            using ITimer unknown = session.Plan.Time.CreateTimer(
                static p => ((PendingMerge)p!).GiveUpUnlessSeen(),
                pending,
                MaxUnknown,
                Timeout.InfiniteTimeSpan
            );
            await merges.FollowAsync(pending, claim, null, over, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WorkAsync(TrackedItem claim, CancellationToken over, CancellationToken cancellationToken)
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
                WorkerAssignment assignment = await assignments.CreateAsync(claim, held.Token).ConfigureAwait(false);
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
                ResolvedBase? start = assignments.TakeStart(assignment.Attempt);
                results.PublishBase(assignment.Attempt, start);
                report = await DispatchAsync(assignment, held.Token).ConfigureAwait(false);
                report = start is { IsBehind: true }
                    ? report with
                    {
                        Notices = [.. report.Notices, start.Text!],
                    }
                    : report;
                results.Add(report);
                if (report.Result is RunResult.NodeLost)
                {
                    assignments.AddLost(assignment);
                }

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
                settlement =
                    cancellationToken.IsCancellationRequested
                        ? new Settlement.Release(OutcomeMapper.RunCancelled, attempt)
                    : e is IsolationConfigurationException && attempt is null
                        ? new Settlement.Close(ItemOutcome.Refused, e.Message)
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
                        ? merges.WithdrawAsync(pending, claim.Item)
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

    private async Task<AttemptReport> DispatchAsync(WorkerAssignment assignment, CancellationToken cancellationToken)
    {
        using IDisposable listening = session.Host.Register(assignment);
        AttemptReport report = await session
            .Dispatcher.DispatchAsync(assignment, cancellationToken)
            .ConfigureAwait(false);
        return await session
            .Host.CollectAsync(assignment, report, cancellationToken: CancellationToken.None)
            .ConfigureAwait(false);
    }

    private async Task RenewAsync(TrackedItem claim, CancellationTokenSource held, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(ClaimLease / 3, session.Plan.Time, cancellationToken).ConfigureAwait(false);
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
