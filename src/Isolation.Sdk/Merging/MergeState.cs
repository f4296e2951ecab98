namespace Isolation.Sdk.Merging;

/// <summary>Where captured work is on its way to the target. From <see cref="Landed"/> on, states are
/// terminal.</summary>
public enum MergeState
{
    /// <summary>It waits for its turn.</summary>
    Queued,

    /// <summary>Something must happen first: an approval, a dependency.</summary>
    Held,

    /// <summary>Its merged tree is in the gate.</summary>
    Testing,

    /// <summary>It passed and is about to land.</summary>
    Landing,

    /// <summary>It is part of the target.</summary>
    Landed,

    /// <summary>The target already has everything it brings.</summary>
    NoChange,

    /// <summary>It does not merge with the target.</summary>
    Conflicted,

    /// <summary>The gate was red, or someone rejected it.</summary>
    Rejected,

    /// <summary>The gate took too long.</summary>
    TimedOut,

    /// <summary>A newer attempt of the same item took its place.</summary>
    Superseded,

    /// <summary>It was taken out of the queue.</summary>
    Cancelled,
}

/// <summary>Why work in a queue does not go on now. The first two end by themselves; the others wait for a person or
/// for a change of the target.</summary>
public enum MergeHoldReason
{
    /// <summary>Something it depends on has not landed.</summary>
    Dependency,

    /// <summary>It collides with work ahead of it, and waits until that lands or leaves.</summary>
    Conflict,

    /// <summary>Nobody has approved exactly this commit.</summary>
    Approval,

    /// <summary>Someone paused it, or the queue.</summary>
    Paused,

    /// <summary>The target itself does not pass the gate.</summary>
    BaseBroken,

    /// <summary>The machine could not do its part: no space, no such command.</summary>
    Infra,

    /// <summary>The queue that acts now may not land it: it has no gate, or the target is checked out.</summary>
    Policy,
}
