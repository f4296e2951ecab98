namespace Isolation.Sdk.Guard;

/// <summary>What a guard is told of its pipeline.</summary>
/// <param name="TargetRef">The ref that the queue lands on.</param>
/// <param name="WatchCheckout">Whether nobody else works in the canonical checkout.</param>
/// <param name="Restore">Whether to put back what was changed, where that is safe.</param>
internal sealed record GuardOptions(string TargetRef, bool WatchCheckout = true, bool Restore = false);
