namespace Isolation.Sdk.Workspaces;

/// <summary>Cleans behind, one tree after the other, and knows how many wait: what is released faster than it is cleaned does not pile up. Each cleaning gives the folder of its tree, if that came out clean.</summary>
internal sealed class CleaningQueue : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<(WorkspaceContext Context, Task<string?> Done)> _queue = [];
    private Task _last = Task.CompletedTask;
    private Task? _claimed;
    private int _taken;

    /// <summary>Takes a place, if fewer than so many are taken.</summary>
    public bool TryEnter(int most)
    {
        lock (_gate)
        {
            if (_taken >= most)
            {
                return false;
            }

            _taken++;
            return true;
        }
    }

    /// <summary>Gives the place back.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            _taken--;
        }
    }

    /// <summary>Does something when it is its turn, and gives the place back.</summary>
    public void CleanInBackground(WorkspaceContext context, Func<Task<string?>> work)
    {
        lock (_gate)
        {
            Task before = _last;
            Task<string?> done = Task.Run(() => DoAsync(before, work));
            _queue.Enqueue((context, done));
            _last = done;
        }
    }

    /// <summary>The cleaning that is under way, for the first who asks for it; <see langword="null"/> when there is none, or it is of another repository.</summary>
    public Task<string?>? Claim(WorkspaceContext context)
    {
        lock (_gate)
        {
            if (
                !_queue.TryPeek(out (WorkspaceContext Context, Task<string?> Done) now)
                || now.Context != context
                || now.Done == _claimed
            )
            {
                return null;
            }

            _claimed = now.Done;
            return now.Done;
        }
    }

    /// <summary>Completes when everything begun so far is done.</summary>
    public Task SettleAsync()
    {
        lock (_gate)
        {
            return _last;
        }
    }

    public async ValueTask DisposeAsync() => await SettleAsync().ConfigureAwait(false);

    private async Task<string?> DoAsync(Task before, Func<Task<string?>> work)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _queue.Dequeue();
                _taken--;
            }
        }
    }
}
