using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Isolation.Sdk.Contexts;

/// <summary>A worker's end of a channel; for anyone else it is closed.</summary>
internal sealed class SealedReader<T>(ChannelReader<T> inner, WorkerSeal seal) : ChannelReader<T>
{
    public override bool CanCount => Mine.CanCount;

    public override bool CanPeek => Mine.CanPeek;

    public override int Count => Mine.Count;

    public override Task Completion => Mine.Completion;

    private ChannelReader<T> Mine
    {
        get
        {
            seal.Demand();
            return inner;
        }
    }

    public override bool TryRead([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T item) =>
        Mine.TryRead(out item);

    public override bool TryPeek([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T item) =>
        Mine.TryPeek(out item);

    public override ValueTask<T> ReadAsync(CancellationToken cancellationToken = default) =>
        Mine.ReadAsync(cancellationToken);

    public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) =>
        Mine.WaitToReadAsync(cancellationToken);

    public override IAsyncEnumerable<T> ReadAllAsync(CancellationToken cancellationToken = default)
    {
        seal.Demand();
        return EachAsync(cancellationToken);
    }

    private async IAsyncEnumerable<T> EachAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Demanded again at every step: the sequence may have been handed on, or outlive its worker.
        while (await Mine.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            while (Mine.TryRead(out T? item))
            {
                yield return item;
            }
        }
    }
}
