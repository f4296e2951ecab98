namespace Isolation.Sdk.Merging;

/// <summary>Why work in a queue does not go on now. The first two end by themselves; the others wait for a person or
/// for a change of the target.</summary>
public enum MergeHoldReason
{
    /// <summary>Something it depends on has not landed.</summary>
    Dependency,

    /// <summary>It collides with work ahead of it that has not landed: decided as soon as that lands or
    /// leaves.</summary>
    Conflict,

    /// <summary>Nobody has approved exactly this commit.</summary>
    Approval,

    /// <summary>Someone paused it, or the queue.</summary>
    Paused,

    /// <summary>The target itself does not pass the gate: only work that is marked to mend it goes on.</summary>
    BaseBroken,

    /// <summary>The machine could not do its part: no space, no such command.</summary>
    Infra,

    /// <summary>The queue that acts now may not land it: it has no gate, or the target is checked out.</summary>
    Policy,
}
