using System.Runtime.CompilerServices;

namespace Isolation.Sdk.Merging;

/// <summary>Hands the latest status of each attempt to any number of watchers. A slow watcher misses states in between, never the last one, and holds at most one of each attempt.</summary>
internal sealed class StatusBroadcaster(Action unknownWanted)
{
    private const int MaxTerminal = 4096;
    private readonly Lock _gate = new();
    private readonly Dictionary<AttemptId, MergeStatus> _latest = [];
    private readonly Queue<AttemptId> _terminal = new();
    private readonly HashSet<Watcher> _watchers = [];
    private bool _ended;

    public MergeStatus? Latest(AttemptId attempt)
    {
        lock (_gate)
        {
            return _latest.GetValueOrDefault(attempt);
        }
    }

    /// <summary>Attempts that are known and not at their end.</summary>
    public IReadOnlyList<MergeStatus> Open()
    {
        lock (_gate)
        {
            return [.. _latest.Values.Where(s => !s.IsTerminal)];
        }
    }

    /// <summary>Attempts that somebody waits for.</summary>
    public IReadOnlyList<AttemptId> Watched()
    {
        lock (_gate)
        {
            return [.. _watchers.Select(w => w.Attempt).OfType<AttemptId>().Distinct()];
        }
    }

    public void Publish(MergeStatus status)
    {
        lock (_gate)
        {
            // A terminal state is the last one, whatever a late reader says.
            if (
                _latest.TryGetValue(status.Attempt, out MergeStatus? before)
                && (before.IsTerminal || IsSame(before, status))
            )
            {
                return;
            }

            _latest[status.Attempt] = status;
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

    /// <summary>Ends every watcher's stream.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            foreach (Watcher watcher in _watchers)
            {
                watcher.Wake();
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
        lock (_gate)
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
            unknownWanted();
        }

        try
        {
            while (true)
            {
                bool ended;
                List<MergeStatus> news;
                lock (_gate)
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

                await watcher.WaitAsync(ended, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_gate)
            {
                _watchers.Remove(watcher);
            }
        }
    }

    private static bool IsSame(MergeStatus a, MergeStatus b) =>
        a.State == b.State
        && a.Reason == b.Reason
        && a.Position == b.Position
        && a.LandedCommit == b.LandedCommit
        && a.Gate == b.Gate;

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
                Wake();
            }
        }

        public void Wake()
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

        public Task WaitAsync(bool ended, CancellationToken cancellationToken) =>
            ended ? Task.CompletedTask : _news.WaitAsync(cancellationToken);

        public void Dispose() => _news.Dispose();
    }
}
