using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Merging;

/// <summary>The places in which candidates of one queue are tested at once: made on demand, lowest first, kept while the queue is open.</summary>
internal sealed class GateSlots(QueueContext context) : IAsyncDisposable
{
    private readonly Trash _trash = new();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _free = new(context.Policy.MaxConcurrency, context.Policy.MaxConcurrency);
    private readonly Dictionary<GateWorktree, int> _all = [];
    private readonly SortedList<int, GateWorktree> _idle = [];
    private int _made;

    /// <summary>How many are taken.</summary>
    public int InUse => context.Policy.MaxConcurrency - _free.CurrentCount;

    /// <summary>Waits for a free one.</summary>
    public async Task<GateWorktree> TakeAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            if (_idle.Count > 0)
            {
                GateWorktree idle = _idle.GetValueAtIndex(0);
                _idle.RemoveAt(0);
                return idle;
            }

            GateWorktree slot = new(context, _trash, GateWorktree.NameOf(++_made));
            _all[slot] = _made;
            return slot;
        }
    }

    /// <summary>Gives one back.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="lost">Whether something that cannot be ended still uses it: no candidate gets there any more.</param>
    public void Return(GateWorktree slot, bool lost)
    {
        lock (_gate)
        {
            if (!lost)
            {
                _idle.Add(_all[slot], slot);
            }
        }

        _free.Release();
    }

    /// <summary>Takes away what a killed queue left: the caller holds the queue's lock, so nobody uses it.</summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        string folder = GateWorktree.FolderOf(context);
        string prefix = GateWorktree.NameOf(0)[..^1];
        HashSet<string> left = [.. WorktreeEntries.Below(context.Repository, folder)];
        if (Directory.Exists(folder))
        {
            left.UnionWith(Directory.EnumerateDirectories(folder, prefix + "*"));
            left.UnionWith(
                Directory
                    .EnumerateFiles(folder, prefix + "*.index*")
                    .Select(f => f[..f.IndexOf(".index", folder.Length, StringComparison.Ordinal)])
            );
        }

        foreach (string slot in left.Order(StringComparer.Ordinal))
        {
            await new GateWorktree(context, _trash, Path.GetFileName(slot))
                .RemoveAsync(cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (GateWorktree slot in _all.Keys)
        {
            await slot.RemoveAsync(CancellationToken.None).ConfigureAwait(false);
        }

        await _trash.DisposeAsync().ConfigureAwait(false);
        _free.Dispose();
    }
}
