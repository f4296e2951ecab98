using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Scheduling;

/// <summary>
/// Brings the items that a run was given to its tracker. An item that the tracker refuses has that as its result.
/// </summary>
internal sealed class ItemFeed(IWorkTracker tracker, RunResults results, ChangeSignal changed)
{
    private readonly HashSet<string> _added = new(StringComparer.Ordinal);
    private volatile bool _open;

    /// <summary>Whether more items may come.</summary>
    public bool IsOpen => _open;

    public async Task AddAsync(IReadOnlyCollection<WorkItem> items, CancellationToken cancellationToken)
    {
        IReadOnlyList<ItemRefusal> refused = await tracker.AddAsync(items, cancellationToken).ConfigureAwait(false);
        foreach (ItemRefusal refusal in refused)
        {
            // What a host's tracker had before this run is no twin: it goes on where it was.
            if (
                refusal is not { Item.Id: { } id, Fault.Code: TrackingCodes.DuplicateId }
                || _added.Contains(id)
                || !results.TryInclude(id)
            )
            {
                results.Refuse(refusal);
            }
        }

        _added.UnionWith(items.Where(i => i?.Id is not null).Select(i => i.Id));
        changed.Set();
    }

    /// <summary>Adds what a stream brings. It is open until this returns.</summary>
    public Task PumpAsync(IAsyncEnumerable<WorkItem>? items, CancellationToken cancellationToken)
    {
        _open = items is not null;
        return items is null ? Task.CompletedTask : ReadAsync(items, cancellationToken);
    }

    private async Task ReadAsync(IAsyncEnumerable<WorkItem> items, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (WorkItem item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                await AddAsync([item], cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _open = false;
            changed.Set();
        }
    }
}
