namespace Isolation.Sdk.Workspaces;

/// <summary>What has to be free before a workspace is made, and for how long it is waited for.</summary>
public sealed class AdmissionOptions
{
    /// <summary>Bytes that have to be free where workspaces are made, beside what those being made are expected to take. <value>1 GiB</value></summary>
    public long FreeDisk { get; set; } = 1L << 30;

    /// <summary>Files that have to fit on that file system yet (inodes); one that does not count them has room. Looked at on Linux. <value>10,000</value></summary>
    public long FreeFiles { get; set; } = 10_000;

    /// <summary>
    /// Bytes of memory that have to be available, to the machine and under every limit of the control groups (v2, or v1) that this process is in. Looked at on Linux. <value>256 MiB</value>
    /// </summary>
    public long FreeMemory { get; set; } = 256L << 20;

    /// <summary>How long a workspace waits for room; <see cref="TimeSpan.Zero"/> for not at all. <value>5 minutes</value></summary>
    public TimeSpan Wait { get; set; } = TimeSpan.FromMinutes(5);
}
