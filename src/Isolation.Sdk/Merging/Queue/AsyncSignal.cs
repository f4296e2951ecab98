using System.Threading.Channels;

namespace Isolation.Sdk.Merging;

internal sealed class AsyncSignal(TimeProvider time)
{
    private readonly Channel<bool> _rings = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    public void Set() => _rings.Writer.TryWrite(true);

    public async Task WaitAsync(TimeSpan pause, IEnumerable<Task> either, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task woken = _rings.Reader.ReadAsync(ended.Token).AsTask();
        Task slept = Task.Delay(pause, time, ended.Token);
        await Task.WhenAny([woken, slept, .. either]).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(woken, slept).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
