namespace Isolation.Sdk.Pipeline.Inspection;

/// <summary>What a guard is told of its pipeline.</summary>
/// <param name="TargetRef">The ref that the queue lands on.</param>
/// <param name="WatchesCheckout">Whether nobody else works in the canonical checkout.</param>
/// <param name="Restores">Whether to put back what was changed, where that is safe.</param>
internal sealed record GuardPlan(string TargetRef, bool WatchesCheckout = true, bool Restores = false);
