using System.Runtime.CompilerServices;

namespace Isolation.Sdk.Merging;

/// <summary>
/// A slow watcher misses states in between, never the last one, and holds at most one of each attempt.
/// </summary>
internal sealed class StatusBroadcaster(Action onUnknownWatched)
{
    private const int MaxTerminal = 4096;
    private readonly Lock _lock = new();
    private readonly Dictionary<AttemptId, MergeStatus> _latest = [];
    private readonly Queue<AttemptId> _terminal = new();
    private readonly HashSet<Watcher> _watchers = [];
    private bool _ended;

    public MergeStatus? Latest(AttemptId attempt)
    {
        lock (_lock)
        {
            return _latest.GetValueOrDefault(attempt);
        }
    }

    public IReadOnlyList<AttemptId> Open()
    {
        lock (_lock)
        {
            return [.. _latest.Values.Where(s => !s.IsTerminal).Select(s => s.Attempt)];
        }
    }

    public IReadOnlyList<AttemptId> Watched()
    {
        lock (_lock)
        {
            return [.. _watchers.Select(w => w.Attempt).OfType<AttemptId>().Distinct()];
        }
    }

    public void Publish(MergeStatus status)
    {
        lock (_lock)
        {
            // A terminal state is the last one, whatever a late reader says.
            MergeStatus? before = _latest.GetValueOrDefault(status.Attempt);
            if (before is { IsTerminal: true })
            {
                return;
            }

            _latest[status.Attempt] = status;

            // A landing moves everybody's place: that alone wakes nobody, or a long queue would be busy with nothing
            // else.
            if (before is not null && IsSame(before, status))
            {
                return;
            }

            if (status.IsTerminal)
            {
                _terminal.Enqueue(status.Attempt);
                if (_terminal.Count > MaxTerminal)
                {
                    _latest.Remove(_terminal.Dequeue());
                }
            }

            foreach (Watcher watcher in _watchers)
            {
                watcher.Offer(status);
            }
        }
    }

    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            foreach (Watcher watcher in _watchers)
            {
                watcher.Notify();
            }
        }
    }

    public async IAsyncEnumerable<MergeStatus> WatchAsync(
        AttemptId? attempt,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        using Watcher watcher = new(attempt);
        bool unknown;
        lock (_lock)
        {
            unknown = attempt is { } one && !_latest.ContainsKey(one);
            _watchers.Add(watcher);
            foreach (MergeStatus status in _latest.Values)
            {
                watcher.Offer(status);
            }
        }

        if (unknown)
        {
            onUnknownWatched();
        }

        try
        {
            while (true)
            {
                bool ended;
                List<MergeStatus> news;
                lock (_lock)
                {
                    (ended, news) = (_ended, watcher.Take());
                }

                foreach (MergeStatus status in news)
                {
                    yield return status;
                    if (attempt is not null && status.IsTerminal)
                    {
                        yield break;
                    }
                }

                if (ended && news.Count == 0)
                {
                    yield break;
                }

                await (ended ? Task.CompletedTask : watcher.WaitAsync(cancellationToken)).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_lock)
            {
                _watchers.Remove(watcher);
            }
        }
    }

    private static bool IsSame(MergeStatus a, MergeStatus b) =>
        a.State == b.State && a.Reason == b.Reason && a.LandedCommit == b.LandedCommit && a.Gate == b.Gate;

    private sealed class Watcher(AttemptId? attempt) : IDisposable
    {
        private readonly SemaphoreSlim _news = new(0, 1);
        private readonly OrderedDictionary<AttemptId, MergeStatus> _pending = [];

        public AttemptId? Attempt => attempt;

        public void Offer(MergeStatus status)
        {
            if (attempt is null || attempt == status.Attempt)
            {
                _pending[status.Attempt] = status;
                Notify();
            }
        }

        public void Notify()
        {
            if (_news.CurrentCount == 0)
            {
                _news.Release();
            }
        }

        public List<MergeStatus> Take()
        {
            List<MergeStatus> taken = [.. _pending.Values];
            _pending.Clear();
            return taken;
        }

        public Task WaitAsync(CancellationToken cancellationToken) => _news.WaitAsync(cancellationToken);

        public void Dispose() => _news.Dispose();
    }
}
