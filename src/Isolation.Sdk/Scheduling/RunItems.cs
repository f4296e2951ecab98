namespace Isolation.Sdk.Scheduling;

internal sealed record RunItems(IReadOnlyCollection<WorkItem> Given, IAsyncEnumerable<WorkItem>? Stream)
{
    // Only the tracker says when there are no more.
    public bool IsTrackers { get; init; }
}
