namespace Isolation.Sdk;

/// <summary>How an item ended.</summary>
public enum ItemOutcome
{
    /// <summary>
    /// Its attempts are used up, or its failure was final. The first one, so that what was never set is no success.
    /// </summary>
    Failed,

    /// <summary>It is part of the target.</summary>
    Landed,

    /// <summary>It was done without changing anything.</summary>
    NoChange,

    /// <summary>It waits for an approval that may come from another process, days later.</summary>
    AwaitingMerge,

    /// <summary>It waits for something outside.</summary>
    Suspended,

    /// <summary>It did not merge with the target.</summary>
    Conflicted,

    /// <summary>The gate was red, or someone said no.</summary>
    Rejected,

    /// <summary>A worker wrote outside what it owns; its work is kept as evidence and never merged.</summary>
    Quarantined,

    /// <summary>It took too long.</summary>
    TimedOut,

    /// <summary>An item it was blocked by did not land.</summary>
    Skipped,

    /// <summary>The item or the run was cancelled before it was done.</summary>
    Cancelled,

    /// <summary>It was not taken: its ID is taken, it closes a cycle, or a property of it is invalid.</summary>
    Refused,
}
