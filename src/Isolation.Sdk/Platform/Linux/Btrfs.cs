using System.Runtime.InteropServices;
using System.Text;
using Isolation.Sdk.IO;
using Microsoft.Win32.SafeHandles;

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
        using SafeFileHandle above = LinuxFiles.OpenFolder(Path.GetDirectoryName(path)!);
        Call(above, CreateCall, Named(arguments, NameAt, path), path);
    }

    public static void Snapshot(string from, string to)
    {
        byte* arguments = stackalloc byte[ArgumentBytes];
        using SafeFileHandle source = LinuxFiles.OpenFolder(from);
        using SafeFileHandle above = LinuxFiles.OpenFolder(Path.GetDirectoryName(to)!);
        Named(arguments, SnapshotNameAt, to);
        *(long*)arguments = source.DangerousGetHandle();
        Call(above, SnapshotCall, arguments, to);
    }

    // Before what was written is a transaction of the past, its generation is not known.
    public static void Commit(string path)
    {
        using SafeFileHandle folder = LinuxFiles.OpenFolder(path);
        Call(folder, SyncCall, null, path);
    }

    public static void SetReadOnly(string path, bool value)
    {
        ulong flags = value ? ReadOnlyFlag : 0;
        using SafeFileHandle folder = LinuxFiles.OpenFolder(path);
        Call(folder, SetFlags, &flags, path);
    }

    public static SubvolumeState? Inspect(string path)
    {
        if (!Directory.Exists(path))
        {
            return null;
        }

        ulong flags = 0;
        byte* info = stackalloc byte[InfoBytes];
        using SafeFileHandle held = LinuxFiles.OpenFolder(path);
        int folder = (int)held.DangerousGetHandle();
        // The last call answers with 1 for a subvolume that was never copied.
        return
            LinuxFiles.GetStat(folder, null, out LinuxFiles.Stat stat) == 0
            && stat.Inode == LinuxFiles.SubvolumeInode
            && LinuxFiles.Control(folder, GetFlags, &flags) == 0
            && LinuxFiles.Control(folder, GetInfo, info) >= 0
            ? new SubvolumeState(*(ulong*)(info + GenerationAt), (flags & ReadOnlyFlag) != 0)
            : null;
    }

    private static byte* Named(byte* arguments, int at, string path)
    {
        new Span<byte>(arguments, ArgumentBytes).Clear();
        byte[] name = Encoding.UTF8.GetBytes(Path.GetFileName(path));
        name.CopyTo(new Span<byte>(arguments + at, ArgumentBytes - at - 1));
        return arguments;
    }

    private static void Call(SafeFileHandle folder, nuint request, void* argument, string path)
    {
        if (LinuxFiles.Control((int)folder.DangerousGetHandle(), request, argument) != 0)
        {
            throw LinuxFiles.Failed(Marshal.GetLastPInvokeError(), path);
        }
    }
}
