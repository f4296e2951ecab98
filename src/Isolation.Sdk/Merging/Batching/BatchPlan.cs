using System.Collections.Frozen;

namespace Isolation.Sdk.Merging;

/// <summary>What a queue should do next. Only a proposal: what lands and who is evicted is decided by the engine's own
/// checks.</summary>
internal sealed record BatchPlan(int Land, bool ConfirmFirst, IReadOnlyList<int> Start, IReadOnlyList<int> Stop);

/// <summary>What is known of the prefixes of the chain of candidates on the target. A prefix is named by its number of
/// items, 1 to <paramref name="Length"/>.</summary>
internal sealed record BatchState(int Length, BatchSettings Settings)
{
    public IReadOnlySet<int> Green { get; init; } = FrozenSet<int>.Empty;

    public IReadOnlySet<int> Red { get; init; } = FrozenSet<int>.Empty;

    /// <summary>Prefixes whose gate runs, also one that was told to stop and has not ended yet: it still has its
    /// slot.</summary>
    public IReadOnlySet<int> Running { get; init; } = FrozenSet<int>.Empty;

    /// <summary>Slots held by what is no prefix any more: runs of landed or re-stacked candidates that have not ended
    /// yet.</summary>
    public int Busy { get; init; }
}

/// <summary>How a queue cuts its chain. Serial is (1, 1), batches of b are (1, b), a window of K is (K, 1).</summary>
internal sealed record BatchSettings(int MaxConcurrency, int BatchSize, bool TestEveryCommit = false);
