namespace Isolation.Sdk.Scheduling;

internal sealed record RunItems(IReadOnlyCollection<WorkItem> Given, IAsyncEnumerable<WorkItem>? Stream)
{
    // Only the tracker says when there are no more.
    public bool IsTrackers { get; init; }

    // Its host hears the signals, and lets running attempts end first.
    public bool IsHosted { get; init; }
}
