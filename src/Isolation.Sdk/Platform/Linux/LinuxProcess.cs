using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Isolation.Sdk.Platform;

/// <summary>The few system calls that .NET has no word for: a child in a session of its own, with default signals and nothing inherited.</summary>
internal static unsafe partial class LinuxProcess
{
    public const int Terminate = 15;
    public const int Kill = 9;
    public const int CloneFs = 0x200;
    public const int CloseOnExec = 0x80000;
    public const int Interrupted = 4;
    private const int NonBlocking = 0x800;
    private const int DuplicateCloseOnExec = 1030;
    private const short SetSignalDefaults = 0x04;
    private const short SetSignalMask = 0x08;
    private const short SetSession = 0x80;
    private const int WaitForPid = 1;
    private const int Exited = 4;
    private const int NoReap = 0x01000000;
    private const long PidfdOpen = 434;
    private const long PidfdSendSignal = 424;

    // Larger than any libc's: glibc's biggest of them has 336 bytes.
    private const int StructSize = 1024;

    /// <summary>Whether this C library has it all (glibc 2.34 and later).</summary>
    public static bool IsAvailable { get; } = HasEverything();

    /// <summary>Whether the kernel says who a thread's children are, and /proc is the one of our own namespace.</summary>
    public static bool SeesChildren { get; } =
        IsAvailable
        && File.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{ThreadId()}/children"));

    /// <summary>Starts a program; descriptors 0 to 2 are the given ones and there are no others. Returns when it has become its program.</summary>
    /// <param name="launch">The program.</param>
    /// <param name="environment">Its environment, as <c>NAME=value</c>.</param>
    /// <param name="gate">A named pipe the child waits at until somebody opens it for writing.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="extra">Descriptor 3, for the launch's filter.</param>
    /// <param name="thread">Told which thread becomes its parent, before it does.</param>
    /// <param name="pid">Its id.</param>
    /// <returns>0, or the error number; negative when it was a restriction that failed.</returns>
    public static int Spawn(
        ProcessSpec launch,
        IReadOnlyList<string> environment,
        string? gate,
        SafeHandle input,
        SafeHandle output,
        SafeHandle error,
        SafeHandle? extra,
        Action<int> thread,
        out int pid
    )
    {
        byte* attributes = stackalloc byte[StructSize];
        byte* actions = stackalloc byte[StructSize];
        byte* signals = stackalloc byte[StructSize];
        int found = 0;
        posix_spawnattr_init(attributes);
        posix_spawn_file_actions_init(actions);
        using NativeStringArray argv = new([launch.File, .. launch.Arguments]);
        using NativeStringArray envp = new(environment);
        try
        {
            posix_spawnattr_setflags(attributes, SetSignalDefaults | SetSignalMask | SetSession);
            sigemptyset(signals);
            posix_spawnattr_setsigmask(attributes, signals);
            sigfillset(signals);
            posix_spawnattr_setsigdefault(attributes, signals);
            posix_spawn_file_actions_adddup2(actions, (int)input.DangerousGetHandle(), 0);
            posix_spawn_file_actions_adddup2(actions, (int)output.DangerousGetHandle(), 1);
            posix_spawn_file_actions_adddup2(actions, (int)error.DangerousGetHandle(), 2);
            int first = 3;
            if (extra is not null)
            {
                posix_spawn_file_actions_adddup2(actions, (int)extra.DangerousGetHandle(), first);
                first++;
            }

            posix_spawn_file_actions_addclosefrom_np(actions, first);
            if (gate is not null)
            {
                // Only now: a child whose host dies while it is held here must not hold that host's locks.
                posix_spawn_file_actions_addopen(actions, first, gate, 0, 0);
                posix_spawn_file_actions_addclosefrom_np(actions, first);
            }

            posix_spawn_file_actions_addchdir_np(actions, launch.Directory);
            using NativeStringArray file = new([launch.File]);
            RestrictedThread.Arguments spawn = new()
            {
                Id = &found,
                File = *file.Pointer,
                Actions = actions,
                Attributes = attributes,
                Words = argv.Pointer,
                Environment = envp.Pointer,
            };
            int result = launch.Restriction is { } restriction
                ? RestrictedThread.Spawn(restriction, spawn, thread)
                : Spawn(spawn, thread);
            pid = found;
            return result;
        }
        finally
        {
            posix_spawn_file_actions_destroy(actions);
            posix_spawnattr_destroy(attributes);
        }
    }

    private static int Spawn(RestrictedThread.Arguments spawn, Action<int> thread)
    {
        thread(ThreadId());
        return posix_spawn(spawn.Id, spawn.File, spawn.Actions, spawn.Attributes, spawn.Words, spawn.Environment);
    }

    /// <summary>Takes a child that has ended off the process table; its id may be used again.</summary>
    public static void Reap(int pid)
    {
        int status = 0;
        while (waitpid(pid, &status, 0) < 0 && Marshal.GetLastPInvokeError() == Interrupted) { }
    }

    /// <summary>Whether this user may write there; nothing is tried.</summary>
    public static bool IsWritable(string path) => access(path, 2) == 0;

    /// <summary>Whether a read would not wait.</summary>
    public static bool IsReadable(SafeHandle handle)
    {
        PollEntry entry = new() { Descriptor = (int)handle.DangerousGetHandle(), Events = 1 };
        return poll(&entry, 1, 0) > 0 && (entry.Returned & 1) != 0;
    }

    /// <summary>Waits until exactly this child has ended, and leaves it on the process table: its id stays taken until <see cref="Reap"/>.</summary>
    /// <returns>The exit code as a shell says it; -1 when somebody else reaped our child.</returns>
    public static int WaitForEnd(int pid)
    {
        byte* info = stackalloc byte[128];
        while (waitid(WaitForPid, (uint)pid, info, Exited | NoReap) != 0)
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

    /// <summary>Sends a signal to exactly this process, not to a later one with the same id.</summary>
    /// <param name="pid">Its id.</param>
    /// <param name="signal">The signal.</param>
    /// <param name="stillIt">Asked once the id is pinned.</param>
    public static void Signal(int pid, int signal, Func<bool> stillIt)
    {
        int handle = (int)syscall(PidfdOpen, pid, 0, 0, 0);
        if (handle < 0)
        {
            if (stillIt())
            {
                kill(pid, signal);
            }

            return;
        }

        if (stillIt())
        {
            syscall(PidfdSendSignal, handle, signal, 0, 0);
        }

        close(handle);
    }

    /// <summary>SIGTERM to a child of ours that has not been reaped, on any Unix.</summary>
    public static void TerminateChild(int pid) => kill(pid, Terminate);

    /// <summary>Gives the calling thread its own umask and current directory, so that setting them changes nobody else's.</summary>
    public static void ResetUmask()
    {
        if (unshare(CloneFs) == 0)
        {
            umask(0x12);
        }
    }

    private static bool HasEverything() =>
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

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(
        byte* actions,
        int descriptor,
        string path,
        int flags,
        uint mode
    );

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_addclosefrom_np(byte* actions, int from);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addchdir_np(byte* actions, string directory);

    [LibraryImport("libc")]
    private static partial int posix_spawn(
        int* pid,
        byte* file,
        byte* actions,
        byte* attributes,
        byte** arguments,
        byte** environment
    );

    [LibraryImport("libc")]
    private static partial int sigemptyset(byte* signals);

    [LibraryImport("libc")]
    private static partial int sigfillset(byte* signals);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitid(int kind, uint id, byte* info, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, int* status, int options);

    public static int DuplicateAbove(int descriptor, int lowest) => fcntl(descriptor, DuplicateCloseOnExec, lowest);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc")]
    private static partial int poll(PollEntry* entries, nuint count, int milliseconds);

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial nint syscall(long number, long first, long second, long third, long fourth);

    [LibraryImport("libc")]
    private static partial int unshare(int flags);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe(int* ends, int flags);

    /// <summary>The calling thread, as <c>/proc/self/task</c> names it.</summary>
    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int ThreadId();

    /// <summary>Makes a named pipe that only this user may open, and opens it for reading: who else reads waits for somebody who writes.</summary>
    /// <returns>Its end; <see langword="null"/> when there can be none.</returns>
    public static SafeFileHandle? MakeFifo(string path)
    {
        SafeFileHandle end = new(
            mkfifo(path, 0x180) == 0 ? open(path, NonBlocking | CloseOnExec) : -1,
            ownsHandle: true
        );
        return end.IsInvalid ? null : end;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
