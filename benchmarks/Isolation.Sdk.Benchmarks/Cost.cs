using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Isolation.Sdk.Benchmarks;

/// <summary>What something took: wall clock, and the processor time of this process and of every child that has ended,
/// user and system.</summary>
internal readonly record struct Cost(double WallMs, double CpuMs)
{
    private const int Self = 0;
    private const int Children = -1;

    public static async Task<Cost> OfAsync(Func<Task> work)
    {
        double cpu = Cpu();
        long begun = Stopwatch.GetTimestamp();
        await work();
        return new Cost(Stopwatch.GetElapsedTime(begun).TotalMilliseconds, Cpu() - cpu);
    }

    /// <summary>Processor time so far, of this process and of its children that have ended.</summary>
    public static (double Self, double Children) SoFar => (Of(Self), Of(Children));

    private static double Cpu() => Of(Self) + Of(Children);

    private static double Of(int who)
    {
        long[] usage = new long[64];
        return GetResourceUsage(who, usage) == 0
            ? ((usage[0] + usage[2]) * 1000.0) + ((usage[1] + usage[3]) / 1000.0)
            : double.NaN;
    }

    // struct rusage of 64-bit Linux: seconds and microseconds of user time, then of system time.
    [DllImport("libc", EntryPoint = "getrusage")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetResourceUsage(int who, long[] usage);
}
