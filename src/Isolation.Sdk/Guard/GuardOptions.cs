namespace Isolation.Sdk.Guard;

/// <summary>What a guard is told of its pipeline.</summary>
internal sealed record GuardOptions(string TargetRef, bool WatchCheckout = true, bool Restore = false);
