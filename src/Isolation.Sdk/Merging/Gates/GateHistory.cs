namespace Isolation.Sdk.Merging;

/// <summary>What earlier runs of the same gate in the same environment say: which trees passed, how long that takes, how often it is red and then green.</summary>
internal sealed class GateHistory
{
    private const int TimesKept = 100;
    private static readonly TimeSpan Floor = TimeSpan.FromSeconds(60);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, GateResult> _passes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _red = new(StringComparer.Ordinal);
    private readonly BatchSizeModel _times = new();
    private readonly Queue<(TimeSpan Elapsed, int Concurrent)> _newest = new();
    private GateStatistics _counts = new();

    public GateStatistics Counts
    {
        get
        {
            lock (_gate)
            {
                return _counts;
            }
        }
    }

    /// <summary>The newest passes' times.</summary>
    public IReadOnlyList<(TimeSpan Elapsed, int Concurrent)> Times
    {
        get
        {
            lock (_gate)
            {
                return [.. _newest];
            }
        }
    }

    /// <summary>How the runs of the gate that ran last ended, in the environment it ran in.</summary>
    public static GateStatistics Count(IReadOnlyList<GateLogLine> lines) =>
        lines
            .Where(l => l.Gate == lines[^1].Gate && l.Environment == lines[^1].Environment)
            .Aggregate(new GateStatistics(), (c, l) => c.With(l.ToResult()));

    /// <summary>Whether the tree has passed.</summary>
    public bool HasPassed(string tree)
    {
        lock (_gate)
        {
            return _passes.ContainsKey(tree);
        }
    }

    /// <summary>An earlier pass is used in place of a run.</summary>
    public GateResult? Reuse(string tree)
    {
        lock (_gate)
        {
            if (!_passes.TryGetValue(tree, out GateResult? pass))
            {
                return null;
            }

            _counts = _counts with { Reused = _counts.Reused + 1 };
            return pass with { Cached = true };
        }
    }

    /// <summary>Whether a tree has been red and not green since.</summary>
    public bool WasRed(string tree)
    {
        lock (_gate)
        {
            return _red.Contains(tree);
        }
    }

    /// <summary>How long a run may take: three times what nearly all passes took, no less than a minute, no more than the host allows.</summary>
    public TimeSpan Limit(TimeSpan most)
    {
        lock (_gate)
        {
            return _times.TimeLimit(Floor) is { } usual && usual < most ? usual : most;
        }
    }

    /// <summary>A run ended.</summary>
    /// <param name="line">What the log says of it.</param>
    /// <param name="reusable">Whether a pass stands for a later run of the same tree.</param>
    public void Add(GateLogLine line, bool reusable = true)
    {
        lock (_gate)
        {
            GateResult result = line.ToResult();
            _counts = _counts.With(result);
            if (result.Verdict == GateVerdict.Pass)
            {
                _red.Remove(line.Tree);
                _times.RecordPass(result.Elapsed, line.Concurrency);
                _newest.Enqueue((result.Elapsed, line.Concurrency));
                if (_newest.Count > TimesKept)
                {
                    _newest.Dequeue();
                }

                if (reusable)
                {
                    _passes[line.Tree] = result;
                }
            }
            else if (result.Verdict is GateVerdict.Fail or GateVerdict.Timeout)
            {
                _red.Add(line.Tree);
            }
        }
    }
}
