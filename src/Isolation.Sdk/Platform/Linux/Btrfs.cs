using System.Runtime.InteropServices;
using System.Text;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Platform;

internal static unsafe class Btrfs
{
    private const nuint CreateCall = 0x5000940E,
        SnapshotCall = 0x50009417,
        GetFlags = 0x80089419,
        SetFlags = 0x4008941A,
        SyncCall = 0x9408,
        GetInfo = 0x81F8943C;
    private const int ArgumentBytes = 4096,
        InfoBytes = 504,
        NameAt = 8,
        SnapshotNameAt = 56,
        GenerationAt = 344;

    private const ulong ReadOnlyFlag = 2;
    private const ulong SubvolumeInode = 256;

    public static bool IsSupported(string folder)
    {
        string tried = Path.Combine(folder, $".isolation-{Guid.NewGuid():n}"),
            copy = tried + "-copy";
        try
        {
            Create(tried);
            Snapshot(tried, copy);
            return true;
        }
        catch (IOException e) when (!DiskErrors.IsFull(e))
        {
            return false;
        }
        finally
        {
            SafeDelete.DeleteTree(copy);
            SafeDelete.DeleteTree(tried);
        }
    }

    public static void Create(string path)
    {
        byte* arguments = stackalloc byte[ArgumentBytes];
        In(Path.GetDirectoryName(path)!, above => Call(above, CreateCall, Named(arguments, NameAt, path), path));
    }

    public static void Snapshot(string from, string to)
    {
        byte* arguments = stackalloc byte[ArgumentBytes];
        In(from, source => In(Path.GetDirectoryName(to)!, above =>
            {
                Named(arguments, SnapshotNameAt, to);
                *(long*)arguments = source;
                Call(above, SnapshotCall, arguments, to);
            }));
    }

    // Before what was written is a transaction of the past, its generation is not known.
    public static void Commit(string path) => In(path, folder => Call(folder, SyncCall, null, path));

    public static void SetReadOnly(string path, bool value) => In(path, folder =>
        {
            ulong flags = value ? ReadOnlyFlag : 0;
            Call(folder, SetFlags, &flags, path);
        });

    public static SubvolumeState? Inspect(string path)
    {
        if (!Directory.Exists(path))
        {
            return null;
        }

        SubvolumeState? found = null;
        In(path, folder =>
        {
            ulong flags = 0;
            byte* info = stackalloc byte[InfoBytes];
            // The last call answers with 1 for a subvolume that was never copied.
            if (
                LinuxFiles.GetStat(folder, null, out LinuxFiles.Stat stat) == 0
                && stat.Inode == SubvolumeInode
                && LinuxFiles.Control(folder, GetFlags, &flags) == 0
                && LinuxFiles.Control(folder, GetInfo, info) >= 0
            )
            {
                found = new SubvolumeState(*(ulong*)(info + GenerationAt), (flags & ReadOnlyFlag) != 0);
            }
        });
        return found;
    }

    private static byte* Named(byte* arguments, int at, string path)
    {
        new Span<byte>(arguments, ArgumentBytes).Clear();
        byte[] name = Encoding.UTF8.GetBytes(Path.GetFileName(path));
        name.CopyTo(new Span<byte>(arguments + at, ArgumentBytes - at - 1));
        return arguments;
    }

    private static void Call(int folder, nuint request, void* argument, string path)
    {
        if (LinuxFiles.Control(folder, request, argument) != 0)
        {
            throw LinuxFiles.Failed(Marshal.GetLastPInvokeError(), path);
        }
    }

    private static void In(string path, Action<int> work)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0"))
        {
            int folder = LinuxFiles.Open(LinuxFiles.AtCurrent, name, LinuxFiles.ReadOnly | LinuxFiles.Directory);
            if (folder < 0)
            {
                throw LinuxFiles.Failed(-folder, path);
            }

            try
            {
                work(folder);
            }
            finally
            {
                _ = LinuxFiles.Close(folder);
            }
        }
    }
}
