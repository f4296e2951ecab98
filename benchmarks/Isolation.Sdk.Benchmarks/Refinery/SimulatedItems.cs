namespace Isolation.Sdk.Benchmarks.Refinery;

/// <summary>What waits at the start, and what its gates do.</summary>
/// <param name="Count">How many items.</param>
/// <param name="Bad">The chance that an item is bad: every candidate with it fails.</param>
internal sealed record SimulatedItems(int Count, double Bad)
{
    /// <summary>The chance that a gate fails although all of its items are good.</summary>
    public double Flake { get; init; }

    /// <summary>A gate takes 1 and up to this much more.</summary>
    public double Jitter { get; init; }

    /// <summary>A stopped gate holds its slot for up to this long.</summary>
    public double Stopping { get; init; }

    /// <summary>Which items are bad: the same ones for everyone who asks with this seed.</summary>
    public bool[] Draw(int seed)
    {
        Random random = new(Scatter(seed));
        return [.. Enumerable.Range(0, Count).Select(_ => random.NextDouble() < Bad)];
    }

    /// <summary>Seeds in a row begin alike: spread out they do not.</summary>
    public static int Scatter(int seed) => unchecked((int)((uint)seed * 2654435761u));
}
