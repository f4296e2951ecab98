using Isolation.Sdk.Composition;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Scheduling;

/// <summary>Between a run and the tracker it made itself: items in, closings out.</summary>
internal static class ItemFeed
{
    public static async Task PumpAsync(
        IAsyncEnumerable<WorkItem> items,
        InMemoryWorkTracker tracker,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await foreach (WorkItem item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                tracker.Add(item);
            }
        }
        finally
        {
            tracker.Complete();
        }
    }

    /// <summary>The run is over, and so the feed is, unless the run was cancelled: then it may take as long as a worker may, and is left behind.</summary>
    /// <exception cref="Exception">What the feed threw: items that never came are no success.</exception>
    public static async Task EndAsync(Task feeding, PipelinePlan plan, CancellationToken ending)
    {
        if (!ending.IsCancellationRequested)
        {
            await feeding.ConfigureAwait(false);
            return;
        }

        _ = feeding.ContinueWith(
            static late => late.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        await feeding
            .WaitAsync(plan.Options.StopGrace, plan.Services.Time, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Items that the tracker closes by itself, because a blocker did not land, have a result too.</summary>
    public static async Task CollectAsync(IWorkTracker tracker, RunResults ledger, CancellationToken cancellationToken)
    {
        if (tracker is InMemoryWorkTracker own)
        {
            await foreach (ItemClosed closed in own.WatchAsync(cancellationToken).ConfigureAwait(false))
            {
                ledger.Close(closed.Item, closed.Outcome, closed.Reason);
            }
        }
    }

    /// <summary>What is not closed when a run ends waits for something, or was cancelled.</summary>
    public static void CloseRest(IWorkTracker tracker, RunResults ledger, bool cancelled)
    {
        foreach (TrackedItem item in (tracker as InMemoryWorkTracker)?.Snapshot() ?? [])
        {
            (ItemOutcome outcome, string? reason) = item.State switch
            {
                TrackedState.Closed => (item.Outcome ?? ItemOutcome.Failed, item.Reason),
                TrackedState.AwaitingMerge => (
                    ItemOutcome.AwaitingMerge,
                    ledger.MergeOf(item.Item.Id)?.Reason ?? "It waits in the merge queue."
                ),
                TrackedState.Suspended => (ItemOutcome.Suspended, item.Reason),
                _ when cancelled => (ItemOutcome.Cancelled, "The run was cancelled."),
                _ => (ItemOutcome.Skipped, $"It waits for {string.Join(", ", item.Waiting)}."),
            };
            ledger.Close(item.Item, outcome, reason);
        }
    }
}
