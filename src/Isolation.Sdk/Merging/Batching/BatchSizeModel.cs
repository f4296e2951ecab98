namespace Isolation.Sdk.Merging;

internal sealed class BatchSizeModel(
    double bad = BatchSizeModel.NeutralFailureRate,
    double weight = BatchSizeModel.NeutralWeight
)
{
    public const int MaxBatchSize = 8;

    public const double NeutralFailureRate = 0.1;

    private const double NeutralWeight = 10;
    private const double ItemMemory = 100;
    private readonly GateSlowdown _slowdown = new();
    private readonly SearchRounds _rounds = new();
    private readonly double _memory = Math.Max(weight, ItemMemory);
    private double _seen = weight;

    public double FailureRate { get; private set; } = bad;

    public void RecordLanded(int items)
    {
        for (int item = 0; item < items; item++)
        {
            Saw(0);
        }
    }

    public void RecordEvicted() => Saw(1);

    // Those that fail may do so early and say nothing of how long a gate takes.
    public void RecordPass(TimeSpan elapsed, int concurrent) =>
        _slowdown.Saw(elapsed.TotalSeconds, Math.Max(1, concurrent));

    public BatchSettings Settings(int maxSlots, int? fixedStep, int largestStep, bool everyCommitGreen, int waiting)
    {
        BatchSettings best = new(1, 1, everyCommitGreen);
        double bestRate = 0;
        for (int slots = 1; slots <= Math.Max(1, maxSlots); slots++)
        {
            (int first, int last) = (everyCommitGreen, fixedStep) switch
            {
                (true, _) => (1, 1),
                (_, { } step) => (step, step),
                _ => (1, Math.Clamp((waiting + slots - 1) / slots, 1, Math.Max(1, largestStep))),
            };
            for (int step = first; step <= last; step++)
            {
                double rate = Rate(slots, step) / _slowdown.Time(slots);
                if (rate > bestRate)
                {
                    (best, bestRate) = (best with { MaxConcurrency = slots, BatchSize = step }, rate);
                }
            }
        }

        return best;
    }

    // Items resolved in the time of one gate, (L + F·pos) / (1 + F·r): L are the items before the first red block, F
    // is the chance of one, whose culprit is at pos and takes r more rounds to find.
    public double Rate(int slots, int step)
    {
        double good = 1 - Math.Clamp(FailureRate, 0.001, 0.99);
        double block = Math.Pow(good, step);
        double landed = step * Enumerable.Range(1, slots).Sum(i => Math.Pow(block, i));
        double red = 1 - Math.Pow(block, slots);
        double sum = 0,
            position = 0,
            rounds = 0,
            chance = 1;
        foreach ((int index, int more) in _rounds.Of(slots, step).Index())
        {
            sum += chance;
            position += chance * (index + 1);
            rounds += chance * more;
            chance *= good;
        }

        return (landed + (red * position / sum)) / (1 + (red * rounds / sum));
    }

    private void Saw(double value)
    {
        _seen = Math.Min(_seen + 1, _memory);
        FailureRate += (value - FailureRate) / _seen;
    }
}

internal sealed class GateSlowdown
{
    private const double Share = 0.2;
    private const int Memory = 200;
    private readonly Dictionary<int, (double Seconds, int At)> _seen = [];
    private int _runs;

    public void Saw(double seconds, int concurrent)
    {
        _runs++;
        double before = _seen.TryGetValue(concurrent, out (double Seconds, int At) old) ? old.Seconds : seconds;
        _seen[concurrent] = (before + (Share * (seconds - before)), _runs);

        foreach (int stale in _seen.Where(s => _runs - s.Value.At > Memory).Select(s => s.Key).ToArray())
        {
            _seen.Remove(stale);
        }
    }

    // What was never tried is taken to be no slower than fewer at once: so it is tried.
    public double Time(int concurrent)
    {
        double[] upTo = [.. _seen.Where(s => s.Key <= concurrent).Select(s => s.Value.Seconds)];
        return upTo.Length > 0 ? upTo.Max()
            : _seen.Count > 0 ? _seen.MinBy(s => s.Key).Value.Seconds
            : 1;
    }
}

internal sealed class SearchRounds
{
    private readonly Dictionary<(int Slots, int Width), int[]> _known = [];

    public IReadOnlyList<int> Of(int slots, int width)
    {
        if (width <= 1)
        {
            return [0];
        }

        if (!_known.TryGetValue((slots, width), out int[]? rounds))
        {
            int[] fence = [0, .. PrefixBisection.Search(width, [], slots), width];
            rounds =
            [
                .. fence.Zip(fence.Skip(1), (a, b) => b - a).SelectMany(part => Of(slots, part)).Select(r => r + 1),
            ];
            _known[(slots, width)] = rounds;
        }

        return rounds;
    }
}
