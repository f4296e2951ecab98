using System.Globalization;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

/// <summary>How much one command may use, with everything it starts. What is not set has no limit.
/// <see cref="ExecResult.Limit"/> says which one ended it.</summary>
/// <remarks>Limits need 64-bit Linux with glibc 2.34 or later; elsewhere a sandbox with limits is refused (ISO0422).
/// Control groups enforce memory, processes and the CPU share if they prove on this machine that they do; the audit's
/// notices say which. Other limits are checked four times a second: a command may exceed them for that long.</remarks>
public sealed class ProcessLimits
{
    /// <summary>The maximum bytes of memory that all processes hold together; without a control group also what one
    /// process may ask for as its data. <value>null</value></summary>
    public long? MaxMemoryBytes { get; set; }

    /// <summary>The maximum number of processes at once; each of their threads counts. <value>null</value></summary>
    public int? MaxProcesses { get; set; }

    /// <summary>The share of the processors while others want them, in percent of what an ordinary process gets: 1 to
    /// 100. Nothing ends because of it. <value>null</value></summary>
    public int? CpuShare { get; set; }

    /// <summary>The maximum number of descriptors that one process may hold. <value>null: the host's own
    /// limit.</value></summary>
    public int? MaxOpenFiles { get; set; }

    /// <summary>The maximum size in bytes of one file that is written. <value>null</value></summary>
    public long? MaxFileBytes { get; set; }

    /// <summary>The maximum bytes in the worker's workspace, home, cache and temp folder together.
    /// <value>null</value></summary>
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
