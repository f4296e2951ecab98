namespace Isolation.Sdk.Tracking;

/// <summary>An item is over.</summary>
/// <param name="Item">The item.</param>
/// <param name="Outcome">How.</param>
/// <param name="Reason">Why, when it did not land.</param>
/// <param name="At">When.</param>
public sealed record ItemClosed(WorkItem Item, ItemOutcome Outcome, string? Reason, DateTimeOffset At);
