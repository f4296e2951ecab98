namespace Isolation.Sdk.Benchmarks.Refinery;

/// <summary>A mean and its standard error.</summary>
internal readonly record struct Sample(double Mean, double Error)
{
    public static Sample Of(IReadOnlyCollection<double> values)
    {
        double mean = values.Average();
        double variance = values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1);
        return new Sample(mean, Math.Sqrt(variance / values.Count));
    }

    /// <summary>By how many standard errors of the difference this is larger; at most 0 if it is not larger.</summary>
    public double Beyond(Sample other)
    {
        double difference = Mean - other.Mean;
        return difference <= 1e-9
            ? Math.Min(0, difference)
            : difference / Math.Max(1e-9, Math.Sqrt((Error * Error) + (other.Error * other.Error)));
    }
}
