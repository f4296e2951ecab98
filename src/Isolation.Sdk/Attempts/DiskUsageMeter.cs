using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Attempts;

internal sealed class DiskUsageMeter(string folder, Action<long> tell)
{
    private readonly CancellationTokenSource _ends = new();
    private Task _first = Task.CompletedTask;

    // One at a time: sixteen workers that start at once have better things to do.
    public void Begin(SemaphoreSlim turns) => _first = Task.Run(() => MeasureAsync(turns));

    public async Task<long> EndAsync()
    {
        await _ends.CancelAsync().ConfigureAwait(false);
        await _first.ConfigureAwait(false);
        return Now();
    }

    private async Task MeasureAsync(SemaphoreSlim turns)
    {
        try
        {
            await turns.WaitAsync(_ends.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        try
        {
            tell(Now());
        }
        finally
        {
            turns.Release();
        }
    }

    private long Now()
    {
        try
        {
            return Directory.Exists(folder) ? PlatformFiles.Current.MeasureUsage(folder) : 0;
        }
        catch (IOException)
        {
            return 0; // It is being removed under our eyes.
        }
    }
}
