namespace Isolation.Sdk.Guard;

/// <summary>
/// One scan at a time. All who wait when a scan begins share it: it sees what each of them has to see.
/// </summary>
internal sealed class CoalescedScan(Func<CancellationToken, Task> look) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly List<Action> _waiting = [];

    public async Task RunAfterScanAsync(Action then, CancellationToken cancellationToken)
    {
        lock (_waiting)
        {
            _waiting.Add(then);
        }

        try
        {
            await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await ScanForAllAsync(then, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _one.Release();
            }
        }
        catch when (!Withdraw(then))
        {
            // Another one's look had been for this one too.
        }
    }

    public async Task RunExclusiveAsync(Action then)
    {
        await _one.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        then();
        _one.Release();
    }

    public void Dispose() => _one.Dispose();

    private bool Withdraw(Action then)
    {
        lock (_waiting)
        {
            return _waiting.Remove(then);
        }
    }

    private async Task ScanForAllAsync(Action mine, CancellationToken cancellationToken)
    {
        Action[] all;
        lock (_waiting)
        {
            all = _waiting.Contains(mine) ? [.. _waiting] : [];
        }

        if (all.Length == 0)
        {
            return; // Another one's look was for this one too.
        }

        await look(cancellationToken).ConfigureAwait(false);
        lock (_waiting)
        {
            foreach (Action then in all.Where(_waiting.Remove))
            {
                then();
            }
        }
    }
}
