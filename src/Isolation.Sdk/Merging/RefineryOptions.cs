namespace Isolation.Sdk.Merging;

/// <summary>Several candidates are tested at once, each with everything ahead of it; the longest green one lands with all it contains, and only what is red by itself is rejected.</summary>
public sealed class RefineryOptions : GatedMergeOptions
{
    /// <summary>The default of <see cref="MaxConcurrency"/>: 4.</summary>
    public const int DefaultSlots = 4;

    /// <summary>How many candidates are tested at once, at most; fewer where gates that run side by side were measured to slow each other down. <value>4.</value></summary>
    public int MaxConcurrency { get; set; } = DefaultSlots;

    /// <summary>How many items one candidate adds to the one before it. <value>null: what lands most in the least time, by the failures and times measured so far.</value></summary>
    public int? BatchSize { get; set; }

    /// <summary>Whether every commit on the target has to be tested by itself, and not only the last of those that land together. <value>false.</value></summary>
    public bool TestEveryCommit { get; set; }

    /// <summary>Whether a red candidate is tested once more before its item is rejected. <value>true.</value></summary>
    public bool RetryFailedGates { get; private set; } = true;

    /// <summary>Rejects an item at its first red run: faster, and a flaky gate then rejects work that was good.</summary>
    public void RejectAtFirstRed() => RetryFailedGates = false;
}
