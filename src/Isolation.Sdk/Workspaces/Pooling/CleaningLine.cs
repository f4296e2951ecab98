namespace Isolation.Sdk.Workspaces.Pooling;

/// <summary>Cleans behind, one tree after the other, and knows how many wait: what is released faster than it is cleaned does not pile up.</summary>
internal sealed class CleaningLine : IAsyncDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly Lock _gate = new();
    private Task _pending = Task.CompletedTask;
    private int _waiting;

    /// <summary>Takes a place, if fewer than so many are taken.</summary>
    public bool TryEnter(int most)
    {
        lock (_gate)
        {
            if (_waiting >= most)
            {
                return false;
            }

            _waiting++;
            return true;
        }
    }

    /// <summary>Gives the place back.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            _waiting--;
        }
    }

    /// <summary>Does something when it is its turn, and gives the place back.</summary>
    public void Behind(Func<Task> work)
    {
        lock (_gate)
        {
            _pending = Task.WhenAll(_pending, Task.Run(() => DoAsync(work)));
        }
    }

    /// <summary>Completes when everything begun so far is done.</summary>
    public Task SettleAsync()
    {
        lock (_gate)
        {
            return _pending;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await SettleAsync().ConfigureAwait(false);
        _one.Dispose();
    }

    private async Task DoAsync(Func<Task> work)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            await work().ConfigureAwait(false);
        }
        finally
        {
            Leave();
            _one.Release();
        }
    }
}
