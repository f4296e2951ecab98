namespace Isolation.Sdk;

/// <summary>How far workers are trusted. The level reached is reported; it is never lowered silently.</summary>
public enum SealLevel
{
    /// <summary>Honest workers, on every operating system.</summary>
    Cooperative,

    /// <summary>Workers that may misbehave (Linux, no rights needed). Not in this version.</summary>
    Guarded,

    /// <summary>Untrusted code (Linux with user namespaces). Not in this version.</summary>
    Sealed,
}
