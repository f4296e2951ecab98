namespace Isolation.Sdk.Dispatching;

/// <summary>How a running worker is told to end: please first, then now.</summary>
/// <remarks>Never disposed: a worker that was left behind may still hold its tokens.</remarks>
internal sealed class WorkerStopSource(TimeProvider time)
{
    private readonly CancellationTokenSource _please = new();
    private readonly CancellationTokenSource _now = new();

    public CancellationToken Stopping => _please.Token;

    public CancellationToken Aborted => _now.Token;

    /// <summary>Whether it is because its time ran out.</summary>
    public bool IsTimedOut { get; private set; }

    public bool IsRequested => _please.IsCancellationRequested;

    /// <summary>Its time is up: please first, then now.</summary>
    public Task TimeOutAsync(TimeSpan grace, CancellationToken ended)
    {
        IsTimedOut = true;
        return RequestAsync(grace, ended);
    }

    public async Task RequestAsync(TimeSpan grace, CancellationToken ended)
    {
        await CancelAsync(_please).ConfigureAwait(false);
        try
        {
            await Task.Delay(grace, time, ended).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return; // It ended by itself.
        }

        await CancelAsync(_now).ConfigureAwait(false);
    }

    /// <summary>What the worker registered may throw; that is no way to stay alive.</summary>
    private static async Task CancelAsync(CancellationTokenSource source) =>
        await source.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
