using System.Collections.Frozen;

namespace Isolation.Sdk.Merging;

/// <summary>Only a proposal: what lands and who is evicted is decided by the engine's own checks.</summary>
internal sealed record BatchPlan(int Land, bool ConfirmFirst, IReadOnlyList<int> Start, IReadOnlyList<int> Stop);

/// <summary>A prefix is named by its number of items.</summary>
internal sealed record BatchState(int Length, BatchSettings Settings)
{
    public IReadOnlySet<int> Green { get; init; } = FrozenSet<int>.Empty;

    public IReadOnlySet<int> Red { get; init; } = FrozenSet<int>.Empty;

    // Also those that were told to stop and have not ended yet.
    public IReadOnlySet<int> Running { get; init; } = FrozenSet<int>.Empty;

    // Slots held by what is no prefix any more.
    public int Busy { get; init; }
}

/// <summary>Serial is (1, 1), batches of b are (1, b), a window of K is (K, 1).</summary>
internal sealed record BatchSettings(int MaxConcurrency, int BatchSize, bool TestEveryCommit = false);
