namespace Isolation.Sdk.Benchmarks.Refinery;

/// <summary>One gate that runs in a simulated queue.</summary>
internal sealed class SimulatedGate(double started, double ends, bool passes, int concurrent)
{
    public double Started => started;

    public double Ends { get; set; } = ends;

    public bool Passes => passes;

    public int Concurrent => concurrent;

    /// <summary>The prefix under test as the chain is counted now; below 1 if it is none any more.</summary>
    public int Prefix { get; set; }

    /// <summary>The last item of the candidate.</summary>
    public int Tip { get; init; }

    public bool Stopped { get; set; }
}
