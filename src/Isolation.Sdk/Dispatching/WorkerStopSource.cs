namespace Isolation.Sdk.Dispatching;

/// <summary>Why a worker was told to end.</summary>
internal enum StopReason
{
    None,
    TimedOut,
    Stopped,
    Cancelled,
}

/// <summary>Tells a running worker to end: first please, then now. The first reason counts.</summary>
/// <remarks>Never disposed: a worker that was left behind may still hold its tokens.</remarks>
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

    /// <summary>What the worker registered may throw; that is no way to stay alive.</summary>
    private static async Task CancelAsync(CancellationTokenSource source) =>
        await source.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
