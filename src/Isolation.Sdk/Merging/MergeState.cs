namespace Isolation.Sdk.Merging;

/// <summary>Where captured work is on its way to the target. The last six are terminal.</summary>
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

    /// <summary>It does not merge with the target.</summary>
    Conflicted,

    /// <summary>The gate was red, or someone said no.</summary>
    Rejected,

    /// <summary>The gate took too long.</summary>
    TimedOut,

    /// <summary>A newer attempt of the same item took its place.</summary>
    Superseded,

    /// <summary>It was taken out.</summary>
    Cancelled,
}
