namespace Isolation.Sdk.Pipeline.Inspection;

/// <summary>One look at a time. All who wait when a look begins share it: it sees what each of them has to see.</summary>
internal sealed class SharedLook(Func<CancellationToken, Task> look) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly List<Action> _waiting = [];

    /// <summary>Does something after a look that began after this was called.</summary>
    public async Task ThenAsync(Action then, CancellationToken cancellationToken)
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
                await LookForAllAsync(then, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _one.Release();
            }
        }
        catch when (!GivesUp(then))
        {
            // Another one's look had been for this one too.
        }
    }

    /// <summary>Does something while nobody looks.</summary>
    public async Task WithoutAsync(Action then)
    {
        await _one.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        then();
        _one.Release();
    }

    public void Dispose() => _one.Dispose();

    /// <summary>Who gives up must not be counted in or out by another one's look later.</summary>
    private bool GivesUp(Action then)
    {
        lock (_waiting)
        {
            return _waiting.Remove(then);
        }
    }

    private async Task LookForAllAsync(Action mine, CancellationToken cancellationToken)
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
