namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>A point that a number of flows must all reach before any goes on; it holds no thread while it
/// waits.</summary>
internal sealed class AsyncBarrier(int expected)
{
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _here;

    public Task SignalAndWaitAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _here) == expected)
        {
            _all.SetResult();
        }

        return _all.Task.WaitAsync(cancellationToken);
    }
}
