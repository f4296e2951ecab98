namespace Isolation.Sdk.Merging;

/// <summary>How long a gate takes by how many run at once.</summary>
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

        // What was slow long ago is worth another try.
        foreach (int stale in _seen.Where(s => _runs - s.Value.At > Memory).Select(s => s.Key).ToArray())
        {
            _seen.Remove(stale);
        }
    }

    /// <summary>Seconds of a gate beside <paramref name="concurrent"/> - 1 others. What was never tried is taken to be no slower than fewer: so it is tried. More gates are never taken to be faster.</summary>
    public double Time(int concurrent)
    {
        double[] upTo = [.. _seen.Where(s => s.Key <= concurrent).Select(s => s.Value.Seconds)];
        return upTo.Length > 0 ? upTo.Max()
            : _seen.Count > 0 ? _seen.MinBy(s => s.Key).Value.Seconds
            : 1;
    }
}
