namespace Isolation.Sdk.Sandboxing;

/// <summary>How much one command may take, with everything it starts. What is not set has no limit. <see cref="ProcessExit.Limit"/> says which one ended it.</summary>
/// <remarks>Limits need 64-bit Linux with glibc 2.34 or later; elsewhere a sandbox with limits is refused (ISO0422). Memory, processes and disk are looked at four times a second: a command may take more for that long.</remarks>
public sealed class ProcessLimits
{
    /// <summary>Bytes of memory that all processes together hold, and that one process may ask for as its data. <value>null</value></summary>
    public long? MemoryBytes { get; set; }

    /// <summary>How many processes may live at once. <value>null</value></summary>
    public int? Processes { get; set; }

    /// <summary>How many descriptors one process may hold. <value>null: the host's own limit.</value></summary>
    public int? OpenFiles { get; set; }

    /// <summary>Bytes of one file that is written. <value>null</value></summary>
    public long? FileBytes { get; set; }

    /// <summary>Bytes in the worker's workspace, home, cache and temp together. <value>null</value></summary>
    public long? DiskBytes { get; set; }

    /// <summary>How long it may run. <value>null</value></summary>
    public TimeSpan? WallClock { get; set; }

    internal bool IsPositive => !(MemoryBytes <= 0 || Processes <= 0 || OpenFiles <= 0 || FileBytes <= 0 || DiskBytes <= 0 || WallClock <= TimeSpan.Zero);

    internal bool AnyWatched => MemoryBytes is not null || Processes is not null || DiskBytes is not null || WallClock is not null;

    internal bool AnyHeld => MemoryBytes is not null || OpenFiles is not null || FileBytes is not null;
}

/// <summary>A limit that ended a command.</summary>
/// <param name="Name">Which one, as <see cref="ProcessLimits"/> names it.</param>
/// <param name="Mechanism">How it was noticed: <c>watchdog</c>, <c>RLIMIT_FSIZE</c>.</param>
public sealed record LimitHit(string Name, string Mechanism);
