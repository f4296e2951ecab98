namespace Isolation.Sdk.Tracking;

/// <summary>One item in the in-memory tracker; guarded by the tracker's lock.</summary>
internal sealed class TrackerEntry(WorkItem item, int sequence) : IComparable<TrackerEntry>
{
    public WorkItem Item { get; } = item;

    public int Sequence { get; } = sequence;

    public TrackedState State { get; set; } = TrackedState.Blocked;

    /// <summary>Ids it still waits for; the ones that landed are taken out.</summary>
    public HashSet<string> Waiting { get; } = new(StringComparer.Ordinal);

    /// <summary>When a claim ends or a delay is over.</summary>
    public DateTimeOffset Due { get; set; }

    public TimeSpan Lease { get; set; }

    /// <summary>Grows with every claim: an older claim's token no longer fits.</summary>
    public int Claims { get; set; }

    public string? Token { get; set; }

    public string? Owner { get; set; }

    public ClaimKind Kind { get; set; }

    public AttemptId? Attempt { get; set; }

    public string? Failure { get; set; }

    public string? ResumeToken { get; set; }

    public ItemClosed? Closed { get; set; }

    /// <summary>The closing that this one goes back to; its own when it was not skipped.</summary>
    public ItemClosed? Root { get; set; }

    /// <summary>How many items were let pass because of its declared paths.</summary>
    public int Reorderings { get; set; }

    public List<HistoryEntry> History { get; } = [];

    /// <summary>Higher priority first, then who came first.</summary>
    public int CompareTo(TrackerEntry? other)
    {
        int byPriority = (other?.Item.Priority ?? 0).CompareTo(Item.Priority);
        return byPriority != 0 ? byPriority : Sequence.CompareTo(other?.Sequence ?? -1);
    }
}
