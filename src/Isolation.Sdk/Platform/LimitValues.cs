namespace Isolation.Sdk.Platform;

// How much one command may use, with everything it starts; null is no limit.
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

    // Whether a watchdog has to look.
    public bool AnyWatched =>
        (MaxMemoryBytes ?? MaxProcesses ?? MaxDiskBytes) is not null || (MaxDuration ?? MaxSilence) is not null;

    // Whether the kernel has to know before the command begins.
    public bool AnyHeld => (MaxMemoryBytes ?? MaxProcesses ?? CpuShare ?? MaxOpenFiles ?? MaxFileBytes) is not null;
}

internal sealed record LimitHit(string Name, string Mechanism);
