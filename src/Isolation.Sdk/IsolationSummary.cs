namespace Isolation.Sdk;

/// <summary>What became of a whole run.</summary>
/// <param name="Items">One result an item, in the order in which they ended.</param>
/// <param name="Audit">What was checked before anything was spawned.</param>
public sealed record IsolationSummary(IReadOnlyList<WorkItemResult> Items, AuditReport Audit)
{
    /// <summary>How long the run took.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Whether the caller ended it before it was done.</summary>
    public bool Cancelled { get; init; }

    /// <summary>What kept further items from coming, ISO0925: the stream that the run was started with failed.
    /// <see langword="null"/> if nothing did.</summary>
    public IsolationFault? Fault { get; init; }

    /// <summary>How many items ended in a way.</summary>
    public int Count(ItemOutcome outcome) => Items.Count(i => i.Outcome == outcome);
}
