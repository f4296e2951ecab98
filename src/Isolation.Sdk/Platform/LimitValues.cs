namespace Isolation.Sdk.Platform;

/// <summary>How much one command may use, with everything it starts; <see langword="null"/> is no limit.</summary>
internal sealed record LimitValues(
    long? MaxMemoryBytes,
    int? MaxProcesses,
    int? CpuShare,
    int? MaxOpenFiles,
    long? MaxFileBytes,
    long? MaxDiskBytes,
    TimeSpan? MaxDuration,
    TimeSpan? MaxSilence
)
{
    public static readonly LimitValues None = new(null, null, null, null, null, null, null, null);

    /// <summary>Whether a watchdog has to look.</summary>
    public bool AnyWatched =>
        (MaxMemoryBytes ?? MaxProcesses ?? MaxDiskBytes) is not null || (MaxDuration ?? MaxSilence) is not null;

    /// <summary>Whether the kernel has to know before the command begins.</summary>
    public bool AnyHeld => (MaxMemoryBytes ?? MaxProcesses ?? CpuShare ?? MaxOpenFiles ?? MaxFileBytes) is not null;
}

/// <summary>A limit that ended a command, and what enforced it.</summary>
internal sealed record LimitHit(string Name, string Mechanism);
