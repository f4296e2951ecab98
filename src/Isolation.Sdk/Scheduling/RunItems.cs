namespace Isolation.Sdk.Scheduling;

/// <summary>Where the items of a run come from: a finite set, a stream, or whatever the host's tracker has.</summary>
internal sealed record RunItems(IReadOnlyCollection<WorkItem> Given, IAsyncEnumerable<WorkItem>? Stream)
{
    /// <summary>Whether they are the tracker's alone, which says when there are no more.</summary>
    public bool IsTrackers { get; init; }
}
