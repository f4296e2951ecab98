using System.Threading.Channels;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Monitoring;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Scheduling;

/// <summary>What is known of every item of a run, and the results that were given out.</summary>
internal sealed class RunResults(ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<AttemptReport>> _attempts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _begun = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MergeStatus> _merges = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WorkItemResult> _results = new(StringComparer.Ordinal);
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

    /// <summary>An attempt begins. One that ends in a fault before its report counts too, or it would be tried for ever.</summary>
    public void Begin(string item)
    {
        lock (_gate)
        {
            _begun[item] = _begun.GetValueOrDefault(item) + 1;
        }
    }

    public void Add(string item, AttemptReport report)
    {
        lock (_gate)
        {
            List<AttemptReport> attempts = _attempts.TryGetValue(item, out List<AttemptReport>? known)
                ? known
                : _attempts[item] = [];
            attempts.Add(report);
        }
    }

    public int AttemptsAt(string item)
    {
        lock (_gate)
        {
            return _begun.GetValueOrDefault(item);
        }
    }

    /// <summary>The attempt a suspended item goes on from.</summary>
    public AttemptReport? LastOf(string item)
    {
        lock (_gate)
        {
            return _attempts.TryGetValue(item, out List<AttemptReport>? known) ? known[^1] : null;
        }
    }

    public void SetMerge(string item, MergeStatus status)
    {
        lock (_gate)
        {
            _merges[item] = status;
        }
    }

    public MergeStatus? MergeOf(string item)
    {
        lock (_gate)
        {
            return _merges.GetValueOrDefault(item);
        }
    }

    /// <summary>Gives an item's one result out; a second one is not a result.</summary>
    public void Close(WorkItem item, ItemOutcome outcome, string? reason)
    {
        lock (_gate)
        {
            if (_results.ContainsKey(item.Id))
            {
                return;
            }

            WorkItemResult result = new(
                item,
                outcome,
                reason,
                [.. _attempts.GetValueOrDefault(item.Id) ?? []],
                _merges.GetValueOrDefault(item.Id)
            );
            Telemetry.ItemClosed(outcome);
            Log.ItemClosed(logger, item.Id, outcome, reason ?? "");
            _results[item.Id] = result;
            _order.Add(result);
            _out.Writer.TryWrite(result);
        }
    }

    public void Complete(Exception? fault = null) => _out.Writer.TryComplete(fault);
}
