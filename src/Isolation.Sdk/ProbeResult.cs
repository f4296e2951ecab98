namespace Isolation.Sdk;

/// <summary>What one axis gives on this machine.</summary>
/// <param name="Sealed">Promises that hold: the leak cannot happen between honest workers.</param>
/// <param name="Detected">Promises that are watched: the leak can happen, and is found and named.</param>
/// <param name="Problems">What the axis cannot do here, each with its remedy. Faults here refuse a run.</param>
public sealed record ProbeResult(
    IsolationGuarantees Sealed,
    IsolationGuarantees Detected,
    IReadOnlyList<IsolationFault> Problems
)
{
    /// <summary>What works less well here than elsewhere (an absent tool, say); it refuses nothing.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];
}
