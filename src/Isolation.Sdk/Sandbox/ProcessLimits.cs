using System.Globalization;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

/// <summary>
/// How much one command may use, with everything it starts. <see cref="ExecResult.Limit"/> says which limit ended it.
/// </summary>
/// <remarks>
/// Limits need 64-bit Linux with glibc 2.34 or later (ISO0422). Control groups enforce memory, processes and the CPU
/// share where they prove that they do; the audit's notices say so. Other limits are checked four times a second.
/// </remarks>
public sealed class ProcessLimits
{
    /// <summary>
    /// The maximum bytes of memory of all processes together; without a control group also of one process's data.
    /// <value>null</value>
    /// </summary>
    public long? MaxMemoryBytes { get; set; }

    /// <summary>The maximum number of processes and threads at once. <value>null</value></summary>
    public int? MaxProcesses { get; set; }

    /// <summary>
    /// The share of the processors when others want them, 1 to 100 percent of an ordinary process's.
    /// <value>null</value>
    /// </summary>
    public int? CpuShare { get; set; }

    /// <summary>The maximum number of descriptors of one process. <value>null: the host's own limit.</value></summary>
    public int? MaxOpenFiles { get; set; }

    /// <summary>The maximum size in bytes of one file. <value>null</value></summary>
    public long? MaxFileBytes { get; set; }

    /// <summary>The maximum bytes in workspace, home, cache and temp folder together. <value>null</value></summary>
    public long? MaxDiskBytes { get; set; }

    /// <summary>The maximum duration. <value>null</value></summary>
    public TimeSpan? MaxDuration { get; set; }

    /// <summary>The maximum time without output. <value>null</value></summary>
    public TimeSpan? MaxSilence { get; set; }

    /// <summary>The maximum length of a command's log in bytes; the newest are kept. <value>16 MiB</value></summary>
    public long MaxLogBytes { get; set; } = 16 * 1024 * 1024;

    internal LimitValues ToValues() =>
        new(MaxMemoryBytes, MaxProcesses, CpuShare, MaxOpenFiles, MaxFileBytes, MaxDiskBytes, MaxDuration, MaxSilence);

    internal IEnumerable<IsolationFault> Validate() =>
        new (string Name, IFormattable? Value, bool Holds)[]
        {
            (nameof(MaxMemoryBytes), MaxMemoryBytes, MaxMemoryBytes > 0),
            (nameof(MaxProcesses), MaxProcesses, MaxProcesses > 0),
            (nameof(CpuShare), CpuShare, CpuShare is >= 1 and <= 100),
            (nameof(MaxOpenFiles), MaxOpenFiles, MaxOpenFiles > 0),
            (nameof(MaxFileBytes), MaxFileBytes, MaxFileBytes > 0),
            (nameof(MaxDiskBytes), MaxDiskBytes, MaxDiskBytes > 0),
            (nameof(MaxDuration), MaxDuration, MaxDuration > TimeSpan.Zero),
            (nameof(MaxSilence), MaxSilence, MaxSilence > TimeSpan.Zero),
            (nameof(MaxLogBytes), MaxLogBytes, MaxLogBytes > 0),
        }
            .Where(limit => limit is { Value: not null, Holds: false })
            .Select(limit => new IsolationFault(
                SandboxCodes.BadLimit,
                $"Limits.{limit.Name} is {limit.Value!.ToString(null, CultureInfo.InvariantCulture)}.",
                limit.Name == nameof(CpuShare) ? "Give 1 to 100, or null." : "Give a positive limit, or null."
            ));
}
