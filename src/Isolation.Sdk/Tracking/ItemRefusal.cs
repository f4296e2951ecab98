namespace Isolation.Sdk.Tracking;

/// <summary>An item that a tracker did not take.</summary>
/// <param name="Item">The item.</param>
/// <param name="Fault">Why.</param>
public sealed record ItemRefusal(WorkItem? Item, IsolationFault Fault);
