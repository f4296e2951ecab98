using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tracking;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Scheduling;

internal sealed class ItemFeed(IWorkTracker tracker, RunResults results, ChangeSignal changed, ILogger logger)
{
    private readonly HashSet<string> _added = new(StringComparer.Ordinal);
    private volatile bool _open;

    public bool IsOpen => _open;

    public IsolationException? Fault { get; private set; }

    public async Task AddAsync(IReadOnlyCollection<WorkItem> items, CancellationToken cancellationToken)
    {
        IReadOnlyList<WorkItemResult> refused = await tracker.AddAsync(items, cancellationToken).ConfigureAwait(false);
        foreach (WorkItemResult refusal in refused)
        {
            // What a host's tracker had before this run is no twin: it goes on where it was.
            if (
                refusal is not { Item.Id: { } id, Fault.Code: TrackingCodes.DuplicateId }
                || _added.Contains(id)
                || !results.TryInclude(id)
            )
            {
                results.GiveOut(refusal);
            }
        }

        _added.UnionWith(items.Where(i => i?.Id is not null).Select(i => i.Id));
        changed.Set();
    }

    public Task PumpAsync(IAsyncEnumerable<WorkItem>? items, CancellationToken cancellationToken)
    {
        _open = items is not null;
        return items is null ? Task.CompletedTask : ReadAsync(items, cancellationToken);
    }

    private async Task ReadAsync(IAsyncEnumerable<WorkItem> items, CancellationToken cancellationToken)
    {
        bool adding = false;
        try
        {
            await foreach (WorkItem item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                adding = true;
                await AddAsync([item], cancellationToken).ConfigureAwait(false);
                adding = false;
            }
        }
        catch (Exception e) when (!adding && !cancellationToken.IsCancellationRequested)
        {
            Fault = new IsolationException(
                SchedulingCodes.SourceFailed,
                $"The source of items failed with {e.GetType().Name}: {e.Message}",
                "Correct the source; the items that came before have their results.",
                e
            );
            Log.SourceFailed(logger, e);
        }
        finally
        {
            _open = false;
            changed.Set();
        }
    }
}
