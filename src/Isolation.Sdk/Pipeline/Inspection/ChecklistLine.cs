namespace Isolation.Sdk;

/// <summary>The six lines of the checklist, each measured on what a worker was really given.</summary>
public enum ChecklistLine
{
    /// <summary>Each worker has its own work tree and git directory, and neither is the canonical checkout's.</summary>
    OwnWorkTree,

    /// <summary>Each worker starts fresh: an empty conversation of its own, a briefing within its budget.</summary>
    FreshContext,

    /// <summary>No shared temp, home, environment folder or port.</summary>
    NoSharedState,

    /// <summary>Workers communicate by git artifacts: every handoff is a commit, no object in memory is shared.</summary>
    ArtifactsOnly,

    /// <summary>Each worker has one scoped item, and nobody else has that item now.</summary>
    ScopedItem,

    /// <summary>The merge strategy is decided and its target can be landed on.</summary>
    MergeDecided,
}
