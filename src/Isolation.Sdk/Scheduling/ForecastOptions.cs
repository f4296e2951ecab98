using System.Runtime.CompilerServices;

namespace Isolation.Sdk.Scheduling;

/// <summary>How a pipeline looks ahead for workers that touch the same files.</summary>
public sealed class ForecastOptions
{
    private static readonly TimeSpan MaxInterval = TimeSpan.FromDays(30);

    /// <summary>
    /// How long to wait between two scans; a scan costs at most five git processes and one for each trial merge.
    /// <see cref="Timeout.InfiniteTimeSpan"/>: only when asked. <value>30 s.</value>
    /// </summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The maximum number of trial merges of a scan; other pairs have their turn in the next one. Pairs without a path
    /// in common are never merged, and no pair twice. <value>10.</value>
    /// </summary>
    public int MaxTrialMerges { get; set; } = 10;

    /// <summary>
    /// How many times an item whose declared paths overlap with those of one under way lets other ready items go first,
    /// whatever the priorities. <value>0: never.</value>
    /// </summary>
    public int MaxReorderings { get; set; }

    internal IEnumerable<IsolationFault> Validate()
    {
        const string Number = "Give a number from 0 to 1000.";
        IsolationFault?[] checks =
        [
            Check(
                Interval == Timeout.InfiniteTimeSpan || Interval > TimeSpan.Zero && Interval <= MaxInterval,
                Interval,
                $"Give a positive time of at most {MaxInterval.Days} days, or Timeout.InfiniteTimeSpan."
            ),
            Check(MaxTrialMerges is >= 0 and <= 1000, MaxTrialMerges, Number),
            Check(MaxReorderings is >= 0 and <= 1000, MaxReorderings, Number),
        ];
        return checks.OfType<IsolationFault>();
    }

    private static IsolationFault? Check(
        bool holds,
        object value,
        string remedy,
        [CallerArgumentExpression(nameof(value))] string? name = null
    ) => holds ? null : new(SchedulingCodes.BadOption, $"{nameof(ForecastOptions)}.{name} is {value}.", remedy);
}
