namespace Isolation.Sdk.Platform;

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

    public bool AnyWatched =>
        (MaxMemoryBytes ?? MaxProcesses ?? MaxDiskBytes) is not null || (MaxDuration ?? MaxSilence) is not null;

    public bool AnyHeld => (MaxMemoryBytes ?? MaxProcesses ?? CpuShare ?? MaxOpenFiles ?? MaxFileBytes) is not null;
}

internal sealed record LimitHit(string Name, string Mechanism);
