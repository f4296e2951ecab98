namespace Isolation.Sdk.Dispatching;

internal enum StopReason
{
    None,
    TimedOut,
    Stopped,
    Cancelled,
}

// First please, then now; the first reason counts. Never disposed: a worker left behind may still hold its tokens.
internal sealed class WorkerStopSource(TimeProvider time)
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _aborted = new();
    private int _reason;

    public CancellationToken Stopping => _stopping.Token;

    public CancellationToken Aborted => _aborted.Token;

    public StopReason Reason => (StopReason)_reason;

    public async Task RequestAsync(StopReason reason, TimeSpan grace, CancellationToken ended)
    {
        Interlocked.CompareExchange(ref _reason, (int)reason, (int)StopReason.None);
        await CancelAsync(_stopping).ConfigureAwait(false);
        try
        {
            await Task.Delay(grace, time, ended).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return; // It ended by itself.
        }

        await CancelAsync(_aborted).ConfigureAwait(false);
    }

    // What the worker registered may throw; that is no way to stay alive.
    private static async Task CancelAsync(CancellationTokenSource source) =>
        await source.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
