namespace Isolation.Sdk;

/// <summary>What becomes of a resource when its worker has ended.</summary>
public enum ReleaseMode
{
    /// <summary>Removed if what it holds is pinned elsewhere, kept otherwise. What dispose means.</summary>
    KeepIfUnmerged,

    /// <summary>Kept as it is, for someone to look at.</summary>
    Keep,

    /// <summary>Removed, whatever it holds.</summary>
    Remove,

    /// <summary>Given back to a pool; removed where there is none.</summary>
    Recycle,

    /// <summary>Kept as evidence and marked so that nothing uses it again.</summary>
    Quarantine,
}
