using System.Collections.Concurrent;

namespace Isolation.Sdk.IO;

// The first who asks starts the work, and the others wait for it; after a failure the next one tries again.
internal sealed class AsyncCache<TKey, TValue>
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Lazy<Task<TValue>>> _values = new();

    public async Task<TValue> GetAsync(TKey key, Func<Task<TValue>> work, CancellationToken cancellationToken)
    {
        Lazy<Task<TValue>> value = _values.GetOrAdd(key, _ => new(work));
        try
        {
            return await value.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch when (value.Value.IsFaulted)
        {
            _values.TryRemove(key, out _);
            throw;
        }
    }
}
