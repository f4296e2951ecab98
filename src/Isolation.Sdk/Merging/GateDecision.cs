namespace Isolation.Sdk.Merging;

/// <summary>What a gate of host code says of a candidate.</summary>
/// <param name="Verdict">The verdict; only <see cref="GateVerdict.Pass"/> is green.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record GateDecision(GateVerdict Verdict, string? Reason = null)
{
    /// <summary>Green.</summary>
    public static GateDecision Pass { get; } = new(GateVerdict.Pass);

    /// <summary>Red, for a reason that is the candidate's own.</summary>
    /// <param name="reason">Why.</param>
    public static GateDecision Fail(string reason) => new(GateVerdict.Fail, reason);

    /// <summary>As an exit code says it: 0 is green, anything else red.</summary>
    /// <param name="exitCode">The exit code of what was run.</param>
    public static GateDecision FromExitCode(int exitCode) => exitCode == 0 ? Pass : Fail($"It ended with {exitCode}.");
}
