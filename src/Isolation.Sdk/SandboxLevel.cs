namespace Isolation.Sdk;

/// <summary>How far workers are trusted. The level reached is reported; it is never lowered silently.</summary>
public enum SandboxLevel
{
    /// <summary>Honest workers, on every operating system.</summary>
    Cooperative,

    /// <summary>
    /// Workers that may misbehave: private clones, and processes that the kernel confines (Linux 6.12 or later, no
    /// rights needed). Processes only.
    /// </summary>
    Restricted,

    /// <summary>
    /// Untrusted code: private clones, and namespaces of the worker's own (Linux with user namespaces and bubblewrap).
    /// Processes only.
    /// </summary>
    Sealed,
}
