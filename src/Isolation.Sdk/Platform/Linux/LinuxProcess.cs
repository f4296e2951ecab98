using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Isolation.Sdk.Platform;

internal static unsafe partial class LinuxProcess
{
    public const int Terminate = 15;
    public const int Kill = 9;
    public const int CloseOnExec = 0x80000;

    // SETSIGDEF, SETSIGMASK and SETSID.
    public const short DefaultSignalsInOwnSession = 0x04 | 0x08 | 0x80;
    private const int CloneFs = 0x200;
    private const int Interrupted = 4;
    private const int NonBlocking = 0x800;
    private const int DuplicateCloseOnExec = 1030;
    private const int WaitForPid = 1;
    private const int ExitedNoReap = 4 | 0x01000000;
    private const long PidfdOpen = 434;
    private const long PidfdSendSignal = 424;

    // glibc 2.34 and later.
    public static bool IsAvailable { get; } =
        OperatingSystem.IsLinux()
        && Environment.Is64BitProcess
        && NativeLibrary.TryLoad("libc.so.6", out nint libc)
        && new[]
        {
            "posix_spawn",
            "posix_spawn_file_actions_addchdir_np",
            "posix_spawn_file_actions_addclosefrom_np",
            "waitid",
        }.All(name => NativeLibrary.TryGetExport(libc, name, out _));

    // And /proc is the one of our own namespace.
    public static bool SeesChildren { get; } = IsAvailable && File.Exists($"/proc/self/task/{ThreadId()}/children");

    public static void Reap(int pid)
    {
        int status = 0;
        while (waitpid(pid, &status, 0) < 0 && Marshal.GetLastPInvokeError() == Interrupted) { }
    }

    public static bool IsWritable(string path) => access(path, 2) == 0;

    public static bool IsReadable(SafeHandle handle)
    {
        // struct pollfd: the descriptor, POLLIN as what is asked, then what is answered.
        int* entry = stackalloc int[2] { (int)handle.DangerousGetHandle(), 1 };
        return poll(entry, 1, 0) > 0 && ((entry[1] >> 16) & 1) != 0;
    }

    // Leaves it on the process table: its id stays taken until Reap. -1 if somebody else reaped it.
    public static int WaitForEnd(int pid)
    {
        byte* info = stackalloc byte[128];
        while (waitid(WaitForPid, (uint)pid, info, ExitedNoReap) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                return -1;
            }
        }

        // siginfo_t of a child: si_code at 8, si_status at 24 on 64-bit Linux; CLD_EXITED is 1.
        int code = *(int*)(info + 8);
        int status = *(int*)(info + 24);
        return code == 1 ? status : 128 + status;
    }

    // To exactly this process, not to a later one with the same id.
    public static void Signal(int pid, int signal, Func<bool> stillIt)
    {
        int handle = (int)SystemCall(PidfdOpen, pid, 0, 0, 0);
        if (stillIt())
        {
            _ = handle < 0 ? kill(pid, signal) : SystemCall(PidfdSendSignal, handle, signal, 0, 0);
        }

        if (handle >= 0)
        {
            _ = LinuxFiles.Close(handle);
        }
    }

    public static void TerminateChild(int pid) => kill(pid, Terminate);

    public static void ResetUmask()
    {
        if (unshare(CloneFs) == 0)
        {
            umask(0x12);
        }
    }

    // Opened for reading: who else reads waits for somebody who writes.
    public static SafeFileHandle? MakeFifo(string path)
    {
        SafeFileHandle end = new(
            mkfifo(path, 0x180) == 0 ? Open(path, NonBlocking | CloseOnExec) : -1,
            ownsHandle: true
        );
        return end.IsInvalid ? null : end;
    }

    public static int DuplicateAbove(int descriptor, int lowest) => fcntl(descriptor, DuplicateCloseOnExec, lowest);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int ThreadId();

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SystemCall(long number, nint first, nint second, nint third, nint fourth);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn_file_actions_addopen(
        byte* actions,
        int descriptor,
        string path,
        int flags,
        uint mode
    );

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_addclosefrom_np(byte* actions, int from);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn_file_actions_addchdir_np(byte* actions, string directory);

    [LibraryImport("libc")]
    public static partial int posix_spawn(
        int* pid,
        byte* file,
        byte* actions,
        byte* attributes,
        byte** arguments,
        byte** environment
    );

    [LibraryImport("libc")]
    public static partial int sigemptyset(byte* signals);

    [LibraryImport("libc")]
    public static partial int sigfillset(byte* signals);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitid(int kind, uint id, byte* info, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, int* status, int options);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc")]
    private static partial int poll(int* entries, nuint count, int milliseconds);

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc")]
    private static partial int unshare(int flags);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, uint mode);
}
