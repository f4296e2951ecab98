namespace Isolation.Sdk.Scheduling;

/// <summary>How a pipeline looks ahead for workers that touch the same files.</summary>
public sealed class ForecastOptions
{
    /// <summary>How long between two looks by itself; a look costs at most five git processes, one for each trial merge, and with trial merges one for each attributes file of the target. <see cref="Timeout.InfiniteTimeSpan"/>: only when asked. <value>30 s.</value></summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The most trial merges of a look; pairs that are left over have their turn in the next one. Pairs without a path in common are never merged, and none twice. <value>10.</value></summary>
    public int MaxTrialMerges { get; set; } = 10;

    /// <summary>How many times an item whose declared paths overlap with those of one under way lets another ready item pass it, whatever the priorities; 0: never. For items of an in-memory tracker. <value>0.</value></summary>
    public int MaxReorderings { get; set; }
}
