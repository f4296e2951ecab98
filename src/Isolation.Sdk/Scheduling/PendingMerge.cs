namespace Isolation.Sdk.Scheduling;

// Counts as pending while nothing outside has to happen first.
internal sealed class PendingMerge : IDisposable
{
    private readonly Action<int> _count;
    private int _counted;
    private volatile bool _seen;

    public PendingMerge(AttemptId attempt, Action<int> count)
    {
        Attempt = attempt;
        _count = count;
        Count(true);
    }

    public AttemptId Attempt { get; }

    public bool IsCounted => Volatile.Read(ref _counted) == 1;

    public void See(bool held)
    {
        _seen = true;
        Count(!held);
    }

    public void GiveUpUnlessSeen()
    {
        if (!_seen)
        {
            Count(false);
        }
    }

    public void Dispose() => Count(false);

    private void Count(bool counted)
    {
        int now = counted ? 1 : 0,
            before = Interlocked.Exchange(ref _counted, now);
        if (before != now)
        {
            _count(now - before);
        }
    }
}
