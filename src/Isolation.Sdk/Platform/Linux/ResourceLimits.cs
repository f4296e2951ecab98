using System.Globalization;
using System.Runtime.InteropServices;

namespace Isolation.Sdk.Platform;

// Set from outside before the process begins.
internal static unsafe partial class ResourceLimits
{
    private const int FileSize = 1,
        Data = 2,
        Core = 4,
        Tasks = 6,
        OpenFiles = 7,
        FileLocks = 10;
    private const ulong Unlimited = ulong.MaxValue;
    private const int Headroom = 4096;
    private const int WholeShare = 100;
    private const int Nicest = 19;

    private const double Step = 1.25;

    // Not in a host that is somebody's worker: its mark is all that tells whose it is.
    public static bool CanMark { get; } = LinuxProcess.SeesChildren && IsUnmarked(0);

    public static bool Hold(int process, LimitValues limits, CommandCgroups cgroups) =>
        NoCore(process)
        && Set(process, FileSize, limits.MaxFileBytes)
        && Set(process, OpenFiles, limits.MaxOpenFiles)
        && (cgroups.Enforce(nameof(limits.MaxMemoryBytes)) || Set(process, Data, limits.MaxMemoryBytes))
        && (cgroups.Enforce(nameof(limits.MaxProcesses)) || Set(process, Tasks, MaxTasks(limits.MaxProcesses)))
        && (
            cgroups.Enforce(nameof(limits.CpuShare))
            || limits.CpuShare is not { } share
            || setpriority(0, process, Nice(share)) == 0
        );

    // An image of its memory may hold secrets.
    public static bool NoCore(int process) => Set(process, Core, 0);

    public static bool TryMark(int process, ProcessMark mark)
    {
        ulong* both = stackalloc ulong[2] { mark.Soft, mark.Hard };
        return IsUnmarked(process) && prlimit(process, FileLocks, both, null) == 0;
    }

    public static int Nice(int percent) =>
        Math.Min(Nicest, (int)Math.Round(Math.Log((double)WholeShare / percent, Step)));

    // The kernel counts all of the user's: only a bound for what forks faster than anyone looks. It does not hold root.
    private static long? MaxTasks(int? limit) =>
        limit is { } most
        && long.TryParse(
            File.ReadAllText("/proc/loadavg").Split(' ')[3].Split('/')[1],
            CultureInfo.InvariantCulture,
            out long now
        )
            ? now + most + Headroom
            : null;

    private static bool IsUnmarked(int process)
    {
        ulong* both = stackalloc ulong[2];
        return prlimit(process, FileLocks, null, both) == 0 && both[1] == Unlimited;
    }

    private static bool Set(int process, int resource, long? most)
    {
        if (most is not { } value)
        {
            return true;
        }

        ulong* both = stackalloc ulong[2];
        if (prlimit(process, resource, null, both) != 0)
        {
            return false;
        }

        // Never above what the host itself may give.
        both[0] = both[1] = Math.Min((ulong)value, both[1]);
        return prlimit(process, resource, both, null) == 0;
    }

    [LibraryImport("libc")]
    private static partial int prlimit(int process, int resource, ulong* wanted, ulong* before);

    [LibraryImport("libc")]
    private static partial int setpriority(int kind, int process, int nice);
}
