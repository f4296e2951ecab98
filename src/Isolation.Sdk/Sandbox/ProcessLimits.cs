using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

/// <summary>How much one command may take, with everything it starts. What is not set has no limit. <see cref="ExecResult.Limit"/> says which one ended it.</summary>
/// <remarks>Limits need 64-bit Linux with glibc 2.34 or later; elsewhere a sandbox with limits is refused (ISO0422). Memory, processes and the share of the processors are kept by control groups where they prove it on this machine;
/// the audit's notices say which. What else keeps them looks four times a second: a command may take more for that long.</remarks>
public sealed class ProcessLimits
{
    /// <summary>Bytes of memory that all processes together hold; without a control group also what one process may ask for as its data. <value>null</value></summary>
    public long? MaxMemoryBytes { get; set; }

    /// <summary>How many processes may live at once, each of their threads counted. <value>null</value></summary>
    public int? MaxProcesses { get; set; }

    /// <summary>Its share of the processors while others want them, in percent of what an ordinary process gets: 1 to 100. Nothing ends because of it. <value>null</value></summary>
    public int? CpuShare { get; set; }

    /// <summary>How many descriptors one process may hold. <value>null: the host's own limit.</value></summary>
    public int? MaxOpenFiles { get; set; }

    /// <summary>Bytes of one file that is written. <value>null</value></summary>
    public long? MaxFileBytes { get; set; }

    /// <summary>Bytes in the worker's workspace, home, cache and temp together. <value>null</value></summary>
    public long? MaxDiskBytes { get; set; }

    /// <summary>How long it may run. <value>null</value></summary>
    public TimeSpan? MaxDuration { get; set; }

    /// <summary>How long it may write nothing to its output. <value>null</value></summary>
    public TimeSpan? MaxSilence { get; set; }

    internal long Of(CgroupController controller, int more) =>
        controller.Name switch
        {
            "memory" => MaxMemoryBytes!.Value,
            "pids" => MaxProcesses!.Value + more,
            _ => CpuShare!.Value,
        };

    internal bool IsPositive =>
        !(
            MaxMemoryBytes <= 0
            || MaxProcesses <= 0
            || CpuShare is < 1 or > 100
            || MaxOpenFiles <= 0
            || MaxFileBytes <= 0
            || MaxDiskBytes <= 0
            || MaxDuration <= TimeSpan.Zero
            || MaxSilence <= TimeSpan.Zero
        );

    internal bool AnyWatched =>
        MaxMemoryBytes is not null
        || MaxProcesses is not null
        || MaxDiskBytes is not null
        || MaxDuration is not null
        || MaxSilence is not null;

    internal bool AnyHeld =>
        MaxMemoryBytes is not null
        || MaxProcesses is not null
        || CpuShare is not null
        || MaxOpenFiles is not null
        || MaxFileBytes is not null;
}
