namespace Isolation.Sdk.Benchmarks.Refinery;

/// <summary>How one simulated queue ended.</summary>
/// <param name="Time">When the last item was resolved, in gate times.</param>
/// <param name="Gates">How many gates were started.</param>
/// <param name="Landed">The items that landed, in order.</param>
/// <param name="Evicted">The items that were evicted, in order.</param>
internal sealed record SimulatedOutcome(double Time, int Gates, IReadOnlyList<int> Landed, IReadOnlyList<int> Evicted)
{
    /// <summary>Items whose own commit passed: the last ones of green candidates.</summary>
    public required IReadOnlySet<int> Tested { get; init; }

    /// <summary>How often the tree failed by which each item was evicted.</summary>
    public required IReadOnlyDictionary<int, int> Reds { get; init; }
}
