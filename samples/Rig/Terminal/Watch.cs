namespace Rig.Terminal;

/// <summary>Looks again every second until Ctrl-C, which is how a watch ends and no failure.</summary>
internal static class Watch
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static async Task EachAsync<T>(
        Func<CancellationToken, Task<T>> look,
        Action<T> show,
        CancellationToken cancellationToken
    )
    {
        using PeriodicTimer timer = new(Pause);
        try
        {
            do
            {
                show(await look(cancellationToken));
            } while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It was watched long enough.
        }
    }
}
