using System.Runtime.InteropServices;
using System.Text;
using Isolation.Sdk.IO;

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
        Stack<string> folders = new([folder]);
        long sum = 0;
        while (folders.TryPop(out string? next))
        {
            try
            {
                foreach (
                    FileSystemInfo entry in new DirectoryInfo(next)
                        .EnumerateFileSystemInfos("*", FileSearch.WithHidden)
                        .Where(e => e.FullName.Length > 0)
                )
                {
                    bool goesOn = entry is DirectoryInfo && entry.LinkTarget is null;
                    sum += Blocks(entry.FullName, shares, linked);
                    if (goesOn)
                    {
                        folders.Push(entry.FullName);
                    }
                }
            }
            catch (Exception e) when (DiskErrors.IsRefusal(e)) { }
        }

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

    private static long Blocks(string path, bool shares, HashSet<(uint, uint, ulong)> linked)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0"))
        {
            if (LinuxFiles.GetStat(LinuxFiles.AtCurrent, name, out LinuxFiles.Stat stat) != 0 || stat.Blocks == 0)
            {
                return 0;
            }

            bool isFile = (stat.Mode & LinuxFiles.KindMask) == LinuxFiles.Regular;
            if (isFile && stat.Links > 1 && !linked.Add((stat.DeviceMajor, stat.DeviceMinor, stat.Inode)))
            {
                return 0;
            }

            long all = (long)stat.Blocks * BlockSize;
            return isFile && shares && Own(name) is { } own ? Math.Min(own, all) : all;
        }
    }

    // What is inline lies among the names and times, and is the file system's to account for.
    private static long? Own(byte* name)
    {
        int file = LinuxFiles.Open(
            LinuxFiles.AtCurrent,
            name,
            LinuxFiles.ReadOnly | LinuxFiles.NoFollow | LinuxFiles.NoBlock
        );
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
