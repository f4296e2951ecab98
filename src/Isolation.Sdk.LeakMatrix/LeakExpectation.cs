namespace Isolation.Sdk.Leaks;

/// <summary>What a channel is at one level.</summary>
/// <param name="Outcome">What has to be seen.</param>
/// <param name="Mechanism">What seals or finds it; for a leak, why it is open.</param>
public sealed record LeakExpectation(LeakOutcome Outcome, string Mechanism);
