using System.Runtime.InteropServices;

namespace Isolation.Sdk.Platform;

internal static unsafe class DiskUsage
{
    private const uint Last = 1,
        Inline = 0x200,
        Shared = 0x2000;
    private const int AtOnce = 32,
        BlockSize = 512;
    private static readonly nuint Map = 0xC020660B;

    // What goes meanwhile, or is deeper than any path, counts as far as it was seen.
    public static long Of(string folder)
    {
        bool shares = MayShare(folder);
        HashSet<(uint, uint, ulong)> linked = [];
        long sum = 0;
        TreeWalker.Walk(folder, (place, name, in stat, _) =>
        {
            sum += Blocks(place, name, stat, shares, linked);
            return WalkStep.Continue;
        });
        return sum;
    }

    // Where no two files can have a block in common, the inode says it all.
    private static bool MayShare(string folder)
    {
        try
        {
            string kind = new DriveInfo(folder).DriveFormat;
            return kind != "tmpfs" && !kind.StartsWith("ext", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return true;
        }
    }

    private static long Blocks(
        int folder,
        byte* name,
        in LinuxFiles.Stat stat,
        bool shares,
        HashSet<(uint, uint, ulong)> linked
    )
    {
        bool isFile = stat.Kind == LinuxFiles.Regular;
        if (
            stat.Blocks == 0
            || (isFile && stat.Links > 1 && !linked.Add((stat.DeviceMajor, stat.DeviceMinor, stat.Inode)))
        )
        {
            return 0;
        }

        long all = (long)stat.Blocks * BlockSize;
        return isFile && shares && Own(folder, name) is { } own ? Math.Min(own, all) : all;
    }

    // What is inline lies among the names and times, and is the file system's to account for.
    private static long? Own(int folder, byte* name)
    {
        int file = LinuxFiles.Open(folder, name, LinuxFiles.ReadOnly | LinuxFiles.NoFollow | LinuxFiles.NoBlock);
        if (file < 0)
        {
            return null;
        }

        try
        {
            Extents extents = default;
            Extent* all = (Extent*)((byte*)&extents + Extents.HeadSize);
            long sum = 0;
            for (ulong from = 0; ; )
            {
                (extents.Start, extents.Length, extents.Flags, extents.Capacity) = (
                    from,
                    ulong.MaxValue - from,
                    0,
                    AtOnce
                );
                if (LinuxFiles.Control(file, Map, &extents) != 0)
                {
                    return null;
                }

                for (int i = 0; i < extents.Found; i++)
                {
                    sum += (all[i].Flags & (Shared | Inline)) == 0 ? (long)all[i].Length : 0;
                }

                if (extents.Found == 0 || (all[extents.Found - 1].Flags & Last) != 0)
                {
                    return sum;
                }

                from = all[extents.Found - 1].Start + all[extents.Found - 1].Length;
            }
        }
        finally
        {
            _ = LinuxFiles.Close(file);
        }
    }

    [StructLayout(LayoutKind.Explicit, Size = HeadSize + (AtOnce * 56))]
    private struct Extents
    {
        public const int HeadSize = 32;

        [FieldOffset(0)]
        public ulong Start;

        [FieldOffset(8)]
        public ulong Length;

        [FieldOffset(16)]
        public uint Flags;

        [FieldOffset(20)]
        public uint Found;

        [FieldOffset(24)]
        public uint Capacity;
    }

    [StructLayout(LayoutKind.Explicit, Size = 56)]
    private struct Extent
    {
        [FieldOffset(0)]
        public ulong Start;

        [FieldOffset(16)]
        public ulong Length;

        [FieldOffset(40)]
        public uint Flags;
    }
}
