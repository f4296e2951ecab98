using System.Collections.Frozen;

namespace Isolation.Sdk.Merging;

internal sealed record BatchPlan(int Land, bool ConfirmFirst, IReadOnlyList<int> Start, IReadOnlyList<int> Stop);

internal sealed record BatchState(int Length, BatchSettings Settings)
{
    public IReadOnlySet<int> Green { get; init; } = FrozenSet<int>.Empty;

    public IReadOnlySet<int> Red { get; init; } = FrozenSet<int>.Empty;

    // Also those that were told to stop and have not ended yet.
    public IReadOnlySet<int> Running { get; init; } = FrozenSet<int>.Empty;

    public int Busy { get; init; }
}

/// <summary>Serial is (1, 1), batches of b are (1, b), a window of K is (K, 1).</summary>
internal sealed record BatchSettings(int MaxConcurrency, int BatchSize, bool TestEveryCommit = false);
