using System.Threading.Channels;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tracking;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Scheduling;

// Settles claims and gives out one result for each item that was open when the run began, came while it lasted, or was
// given to it.
internal sealed class RunResults(IWorkTracker tracker, WorkerEventHub events, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<AttemptReport>> _attempts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MergeStatus> _merges = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IsolationFault?> _faults = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _before = new(StringComparer.Ordinal);
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);
    private readonly List<WorkItemResult> _order = [];
    private readonly Channel<WorkItemResult> _out = Channel.CreateUnbounded<WorkItemResult>();

    public ChannelReader<WorkItemResult> Results => _out.Reader;

    public IReadOnlyList<WorkItemResult> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _order];
            }
        }
    }

    // What is closed in the tracker already is not of this run.
    public async Task<IReadOnlyList<TrackedItem>> BeginAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<TrackedItem> items = await tracker.ListAsync(cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            foreach (TrackedItem item in items)
            {
                _before[item.Item.Id] = item.State == TrackedState.Closed;
            }
        }

        return items;
    }

    // An item that was in the tracker before is one of this run, too, even if it is closed.
    public bool TryInclude(string item)
    {
        lock (_gate)
        {
            bool known = _before.ContainsKey(item);
            _before[item] = false;
            return known;
        }
    }

    public void Add(AttemptReport report)
    {
        lock (_gate)
        {
            string item = report.Attempt.Item;
            (_attempts.TryGetValue(item, out List<AttemptReport>? known) ? known : _attempts[item] = []).Add(report);
            _faults[item] = report.Fault;
        }
    }

    public void SetFault(string item, IsolationFault? fault)
    {
        lock (_gate)
        {
            _faults[item] = fault;
        }
    }

    public void SetMerge(MergeStatus status)
    {
        lock (_gate)
        {
            _merges[status.Attempt.Item] = status;
        }

        events.Publish(
            new WorkerEvent(status.Attempt, default, WorkerEventKind.Merge)
            {
                Stage = Stage.Merge,
                Text = status.ToLine(),
            }
        );
    }

    public async Task<TrackedItem?> SettleAsync(TrackedItem claim, AttemptId? attempt, Settlement settlement)
    {
        // The settlement has to be told whoever cancels.
        TrackedItem? item = await tracker.SettleAsync(claim, settlement, CancellationToken.None).ConfigureAwait(false);
        if (attempt is { } worker && settlement is not Settlement.AwaitMerge)
        {
            PublishEnd(worker, OutcomeMapper.Name(settlement, item), OutcomeMapper.Reason(settlement, item));
        }

        if (item is { State: TrackedState.Closed, Outcome: { } outcome })
        {
            Close(item.Item, outcome, item.Reason);
        }

        return item;
    }

    public void PublishBase(AttemptId attempt, ResolvedBase? start)
    {
        if (start is { Text: { } text })
        {
            Log.AttemptBase(logger, start.IsBehind ? LogLevel.Warning : LogLevel.Information, attempt, text);
            events.Publish(new WorkerEvent(attempt, default, WorkerEventKind.Progress) { Text = text });
        }
    }

    public void PublishEnd(AttemptId attempt, string outcome, string? reason) =>
        events.Publish(
            new WorkerEvent(
                attempt,
                default,
                outcome == nameof(ItemOutcome.Suspended) ? WorkerEventKind.Suspended : WorkerEventKind.Ended
            )
            {
                Text = reason,
                Data = new Dictionary<string, string> { ["outcome"] = outcome },
            }
        );

    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        await foreach (TrackedItem item in tracker.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            if (item is { State: TrackedState.Closed, Outcome: { } outcome })
            {
                Close(item.Item, outcome, item.Reason);
            }
        }
    }

    public async Task CloseRestAsync(IReadOnlyCollection<WorkItem> given, string? cancelled)
    {
        IReadOnlyList<TrackedItem> items = await tracker.ListAsync(CancellationToken.None).ConfigureAwait(false);
        HashSet<string> known = new(items.Select(i => i.Item.Id), StringComparer.Ordinal);
        foreach (TrackedItem item in items)
        {
            (ItemOutcome outcome, string? reason) = OutcomeMapper.AtTheEnd(item, known, cancelled);
            Close(item.Item, outcome, reason);
        }

        foreach (WorkItem item in cancelled is null ? [] : given.Where(i => !known.Contains(i.Id)))
        {
            Close(item, ItemOutcome.Cancelled, cancelled);
        }
    }

    public void Complete(Exception? fault = null) => _out.Writer.TryComplete(fault);

    private void Close(WorkItem item, ItemOutcome outcome, string? reason)
    {
        lock (_gate)
        {
            if (_before.GetValueOrDefault(item.Id) || !_given.Add(item.Id))
            {
                return;
            }

            MergeStatus? merge = _merges.GetValueOrDefault(item.Id);
            GiveOut(
                new WorkItemResult(
                    item,
                    outcome,
                    reason
                        ?? (
                            outcome == ItemOutcome.AwaitingMerge
                                ? merge?.Reason ?? "It waits in the merge queue."
                                : null
                        ),
                    [.. _attempts.GetValueOrDefault(item.Id) ?? []],
                    merge
                )
                {
                    Fault = outcome is ItemOutcome.Landed or ItemOutcome.NoChange
                        ? null
                        : _faults.GetValueOrDefault(item.Id),
                }
            );
        }
    }

    public void GiveOut(WorkItemResult result)
    {
        Telemetry.ItemClosed(result.Outcome);
        Log.ItemClosed(logger, result.Item.Id, result.Outcome, result.Reason ?? "");
        lock (_gate)
        {
            _order.Add(result);
            _out.Writer.TryWrite(result);
        }
    }
}
