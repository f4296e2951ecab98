using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Attempts;

/// <summary>What one worker takes of the disk: measured once when its files are there, while it goes on, and once at
/// its end.</summary>
internal sealed class DiskUsageMeter(string folder, Action<long> tell)
{
    private readonly CancellationTokenSource _ends = new();
    private Task _first = Task.CompletedTask;

    /// <summary>Its files are there.</summary>
    /// <param name="turns">One at a time: sixteen workers that start at once have better things to do.</param>
    public void Begin(SemaphoreSlim turns) => _first = Task.Run(() => MeasureAsync(turns));

    /// <summary>The last figure, and none is told after it.</summary>
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
