using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Isolation.Sdk.Platform;

// Names are bytes, folders are descriptors, and no link is followed.
internal static unsafe partial class LinuxFiles
{
    public const int ReadOnly = 0,
        WriteOnly = 1,
        Create = 0x40,
        Exclusive = 0x80,
        NoBlock = 0x800;
    public const int AtCurrent = -100,
        NoFollowAt = 0x100,
        EmptyPath = 0x1000;
    public const uint KindMask = 0xF000,
        Regular = 0x8000,
        SymbolicLink = 0xA000,
        Folder = 0x4000;
    private const nint Omit = 0x3ffffffe;

    public const nuint ShareBlocks = 0x40049409,
        GetFlags = 0x80086601;
    public const ulong SubvolumeInode = 256;
    private const uint Basic = 0x7ff;

    public static int NoFollow { get; } =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    public static int Directory { get; } =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x4000 : 0x10000;

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct Stat
    {
        [FieldOffset(8)]
        public ulong Attributes;

        [FieldOffset(16)]
        public uint Links;

        [FieldOffset(20)]
        public uint User;

        [FieldOffset(24)]
        public uint Group;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public long Size;

        [FieldOffset(48)]
        public ulong Blocks;

        [FieldOffset(96)]
        public long ChangedSeconds;

        [FieldOffset(104)]
        public uint ChangedNanoseconds;

        [FieldOffset(112)]
        public long WrittenSeconds;

        [FieldOffset(120)]
        public uint WrittenNanoseconds;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;

        public readonly uint Kind => Mode & KindMask;

        public readonly FileStamp ToStamp() =>
            new(
                (uint)ChangedSeconds,
                ChangedNanoseconds,
                (uint)WrittenSeconds,
                WrittenNanoseconds,
                (DeviceMinor & 0xff) | (DeviceMajor << 8) | ((DeviceMinor & ~0xffu) << 12),
                (uint)Inode,
                User,
                Group
            );
    }

    // The descriptor, or the negative error number.
    public static int Open(int folder, byte* name, int flags, uint mode = 0)
    {
        while (true)
        {
            int descriptor = openat(folder, name, flags | LinuxProcess.CloseOnExec, mode);
            int error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (error != 4)
            {
                return error == 0 ? descriptor : -error;
            }
        }
    }

    public static SafeFileHandle OpenFolder(string path)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0"))
        {
            int folder = Open(AtCurrent, name, ReadOnly | Directory);
            return folder >= 0 ? new SafeFileHandle(folder, ownsHandle: true) : throw Failed(-folder, path);
        }
    }

    // Of an open file, or of a name in a folder; 0 or the error number.
    public static int GetStat(int folder, byte* name, out Stat stat)
    {
        byte nothing = 0;
        fixed (Stat* to = &stat)
        {
            return statx(folder, name is null ? &nothing : name, name is null ? EmptyPath : NoFollowAt, Basic, to) == 0
                ? 0
                : Marshal.GetLastPInvokeError();
        }
    }

    public static IOException Failed(int error, string what) =>
        new($"{Marshal.GetPInvokeErrorMessage(error)}: '{what}'", error);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openat(int folder, byte* name, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int folder, byte* name, int flags, uint mask, Stat* stat);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    public static partial int MakeFolder(int folder, byte* name, uint mode);

    [LibraryImport("libc", EntryPoint = "symlinkat", SetLastError = true)]
    public static partial int MakeLink(byte* target, int folder, byte* name);

    // 0 at its end, negative for an error.
    public static nint List(int folder, byte* to, nuint length) =>
        LinuxProcess.SystemCall(
            RuntimeInformation.ProcessArchitecture is Architecture.X64 ? 217 : 61,
            folder,
            (nint)to,
            (nint)length,
            0
        );

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    public static partial int Unlink(int folder, byte* name, int flags);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    public static partial int Rename(int from, byte* name, int to, byte* newName);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int SetMode(int descriptor, uint mode);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true)]
    public static partial int SetMode(byte* path, uint mode);

    [LibraryImport("libc", EntryPoint = "flistxattr", SetLastError = true)]
    public static partial nint ListAttributes(int descriptor, byte* to, nuint length);

    [LibraryImport("libc", EntryPoint = "getegid")]
    public static partial uint GroupId();

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    public static partial nint ReadLink(int folder, byte* name, byte* to, nuint length);

    // When an open file, or a name in a folder, was written; 0 or -1.
    public static int SetWritten(int folder, byte* name, DateTimeOffset stamp)
    {
        Time* times = stackalloc Time[2];
        times[0] = new Time { Nanoseconds = Omit };
        times[1] = new Time { Seconds = (nint)stamp.ToUnixTimeSeconds() };
        return name is null ? futimens(folder, times) : utimensat(folder, name, times, NoFollowAt);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int futimens(int descriptor, Time* times);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int utimensat(int folder, byte* name, Time* times, int flags);

    [LibraryImport("libc", EntryPoint = "copy_file_range", SetLastError = true)]
    public static partial nint CopyRange(int from, long* fromAt, int to, long* toAt, nuint length, uint flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, byte* to, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, byte* from, nuint length);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(int descriptor, long to, int from);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int Truncate(int descriptor, long length);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(int descriptor, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(int descriptor, nuint request, void* argument);
}
