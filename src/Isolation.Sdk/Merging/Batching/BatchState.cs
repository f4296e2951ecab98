using System.Collections.Frozen;

namespace Isolation.Sdk.Merging;

/// <summary>What is known of the prefixes of the chain of candidates on the target. A prefix is named by its number of items, 1 to <paramref name="Length"/>.</summary>
internal sealed record BatchState(int Length, BatchSettings Settings)
{
    public IReadOnlySet<int> Green { get; init; } = FrozenSet<int>.Empty;

    public IReadOnlySet<int> Red { get; init; } = FrozenSet<int>.Empty;

    /// <summary>Prefixes whose gate runs, also one that was told to stop and has not ended yet: it still has its slot.</summary>
    public IReadOnlySet<int> Running { get; init; } = FrozenSet<int>.Empty;

    /// <summary>Slots held by what is no prefix any more: runs of landed or re-stacked candidates that have not ended yet.</summary>
    public int Busy { get; init; }
}
