using System.Runtime.InteropServices;

namespace Isolation.Sdk.Sandboxing;

/// <summary>The limits that the kernel keeps for each process, set from outside before the process begins.</summary>
internal static unsafe partial class ResourceLimits
{
    private const int FileSize = 1, Data = 2, Core = 4, OpenFiles = 7;

    /// <summary>Sets them.</summary>
    /// <returns>Whether all of them hold.</returns>
    public static bool Hold(int process, ProcessLimits limits) =>
        Set(process, Core, 0) && Set(process, FileSize, limits.FileBytes) && Set(process, Data, limits.MemoryBytes) && Set(process, OpenFiles, limits.OpenFiles);

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
}
