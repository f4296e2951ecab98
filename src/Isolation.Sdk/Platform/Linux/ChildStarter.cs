using System.ComponentModel;
using System.Globalization;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using Isolation.Sdk.IO;
using Microsoft.Win32.SafeHandles;

namespace Isolation.Sdk.Platform;

internal readonly record struct StartedChild(int Id, bool IsGrouped, bool IsMarked);

// A child that is to live in a cgroup, or to be marked, is held just before it becomes its program: nothing it starts
// is ever outside.
internal sealed class ChildStarter(
    ProcessSpec spec,
    LimitValues limits,
    CommandCgroups cgroups,
    ProcessMark? mark,
    TimeProvider time
)
{
    public const string GateSuffix = "gate";
    private const int MaxPolls = 50;
    private const int StackSize = 256 * 1024;
    private const int BadDescriptor = 9;

    // glibc's biggest has 336 bytes.
    private const int StructSize = 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan PollPause = TimeSpan.FromMilliseconds(10);
    private readonly TaskCompletionSource<int> _thread = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _refused;

    // The child is not reaped by that.
    public Task<int> Exited => _exited.Task;

    private bool IsHeld => limits.AnyHeld || cgroups.Limits.Count > 0;

    public async Task<StartedChild> StartAsync(SafeHandle? input, SafeHandle output, SafeHandle error, string gate)
    {
        bool hold = cgroups.Kill is not null || mark is not null || IsHeld;
        using SafeFileHandle? end = hold ? LinuxProcess.MakeFifo(gate) : null;
        if (IsHeld && (end is null || !LinuxProcess.SeesChildren))
        {
            throw spec.NotStarted(new IOException("it could not be held until its limits are set"));
        }

        // The thread waits for the child: its umask dies with it, and no thread of the pool is held.
        Thread thread = new(() => Run(input, output, error, end is null ? null : gate), StackSize)
        {
            IsBackground = true,
            Name = "Isolation.Sdk child",
        };
        thread.UnsafeStart();
        if (end is null)
        {
            int free = await _started.Task.ConfigureAwait(false);
            ResourceLimits.NoCore(free);
            MarkLate(free);
            return new StartedChild(free, false, false);
        }

        try
        {
            // Whatever goes wrong before there is a child is told by the other one.
            int parent = await (await Task.WhenAny(_thread.Task, _started.Task).ConfigureAwait(false)).ConfigureAwait(
                false
            );
            (bool grouped, bool marked) = await JoinAsync($"/proc/self/task/{parent}/children").ConfigureAwait(false);
            // Opened for both ways it never waits; by its end, for its name may be gone with the folder.
            using SafeFileHandle open = Open($"/proc/self/fd/{end.DangerousGetHandle()}");
            int id = await _started.Task.ConfigureAwait(false);
            if (_refused)
            {
                await Exited.ConfigureAwait(false);
                LinuxProcess.Reap(id);
                throw new IsolationException(
                    SandboxCodes.NotHeld,
                    $"'{spec.File}' was not started, because the kernel refused a limit it was to be held to.",
                    "Look what the host itself is limited by; nothing runs with less than it was to be held to."
                );
            }

            if (!marked)
            {
                MarkLate(id);
            }

            return new StartedChild(id, grouped, marked);
        }
        finally
        {
            DiskErrors.Try(() => File.Delete(gate));
        }
    }

    // Children whose host died meanwhile: only as their program they have the marker by which they are found and ended.
    public static async Task FreeHeldAsync(string folder, Func<int> alive, TimeProvider time)
    {
        string[] gates = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*" + GateSuffix).Where(g => new FileInfo(g).LinkTarget is null)]
            : [];
        int expected = alive() + gates.Length;
        foreach (string gate in gates)
        {
            Open(gate).Dispose();
        }

        for (int poll = 0; gates.Length > 0 && poll < MaxPolls && alive() < expected; poll++)
        {
            await Task.Delay(PollPause, time).ConfigureAwait(false);
        }
    }

    // The spawning thread is held together with its child.
    private async Task<(bool Grouped, bool Marked)> JoinAsync(string children)
    {
        while (!_started.Task.IsCompleted)
        {
            if (
                int.TryParse(
                    await ReadAsync(children).ConfigureAwait(false),
                    NumberStyles.AllowTrailingWhite,
                    CultureInfo.InvariantCulture,
                    out int id
                )
            )
            {
                // Into the groups first: what is of the user in there counts from then on.
                bool held = cgroups.Limits.All(g => g.Group.TryAdd(id)) && ResourceLimits.Hold(id, limits, cgroups);
                if (!held && (cgroups.Kill is not null || IsHeld))
                {
                    _refused = true;
                    LinuxProcess.Signal(id, LinuxProcess.Kill, () => true);
                }

                return (cgroups.Kill?.TryAdd(id) ?? false, mark is not null && ResourceLimits.TryMark(id, mark));
            }

            await Task.Delay(Pause, time).ConfigureAwait(false);
        }

        return (false, false);
    }

    private void MarkLate(int id)
    {
        if (mark is not null)
        {
            ResourceLimits.TryMark(id, mark);
        }
    }

    private static SafeFileHandle Open(string gate) =>
        File.OpenHandle(gate, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    // The thread is gone as soon as its child is on its way, and this file with it.
    private static async Task<string> ReadAsync(string children)
    {
        try
        {
            return await File.ReadAllTextAsync(children).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private void Run(SafeHandle? input, SafeHandle output, SafeHandle error, string? gate)
    {
        int id;
        try
        {
            using SafeFileHandle nothing = File.OpenHandle("/dev/null");
            using PipePair? filter = FillFilter();
            LinuxProcess.ResetUmask();
            if (spec.Restriction?.TryHold() == false)
            {
                _started.SetException(spec.NotStarted(new Win32Exception(BadDescriptor)));
                return;
            }

            SafeHandle[] descriptors = filter is null
                ? [input ?? nothing, output, error]
                : [input ?? nothing, output, error, filter.Read];
            int failure = Spawn(descriptors, gate, out id);
            spec.Restriction?.Release();
            if (failure != 0)
            {
                _started.SetException(
                    failure > 0
                        ? spec.NotStarted(new Win32Exception(failure))
                        : new IsolationException(
                            SandboxCodes.NotSealed,
                            $"'{spec.File}' was not started, because the kernel refused a part of its "
                                + $"confinement: {new Win32Exception(-failure).Message}.",
                            "Look what the host itself is confined by; nothing runs with less than it was to have."
                        )
                );
                return;
            }
        }
        catch (Exception e) when (DiskErrors.IsRefusal(e))
        {
            _started.SetException(spec.NotStarted(e));
            return;
        }

        _started.SetResult(id);
        _exited.SetResult(LinuxProcess.WaitForEnd(id));
    }

    // 0, or the error number; negative if it was a restriction that failed.
    private unsafe int Spawn(SafeHandle[] descriptors, string? gate, out int id)
    {
        byte* attributes = stackalloc byte[StructSize];
        byte* actions = stackalloc byte[StructSize];
        byte* signals = stackalloc byte[StructSize];
        int found = 0;
        LinuxProcess.posix_spawnattr_init(attributes);
        LinuxProcess.posix_spawn_file_actions_init(actions);
        using NativeStringArray words = new([spec.File, .. spec.Arguments]);
        using NativeStringArray environment = new([.. spec.Environment.Select(e => $"{e.Key}={e.Value}")]);
        try
        {
            LinuxProcess.posix_spawnattr_setflags(attributes, LinuxProcess.DefaultSignalsInOwnSession);
            LinuxProcess.sigemptyset(signals);
            LinuxProcess.posix_spawnattr_setsigmask(attributes, signals);
            LinuxProcess.sigfillset(signals);
            LinuxProcess.posix_spawnattr_setsigdefault(attributes, signals);
            for (int i = 0; i < descriptors.Length; i++)
            {
                LinuxProcess.posix_spawn_file_actions_adddup2(actions, (int)descriptors[i].DangerousGetHandle(), i);
            }

            LinuxProcess.posix_spawn_file_actions_addclosefrom_np(actions, descriptors.Length);
            if (gate is not null)
            {
                // Only now: a child whose host dies while it is held here must not hold that host's locks.
                LinuxProcess.posix_spawn_file_actions_addopen(actions, descriptors.Length, gate, 0, 0);
                LinuxProcess.posix_spawn_file_actions_addclosefrom_np(actions, descriptors.Length);
            }

            LinuxProcess.posix_spawn_file_actions_addchdir_np(actions, spec.Directory);
            SpawnArguments spawn = new()
            {
                Id = &found,
                File = words.Pointer[0],
                Actions = actions,
                Attributes = attributes,
                Words = words.Pointer,
                Environment = environment.Pointer,
            };
            int result;
            if (spec.Restriction is { } restriction)
            {
                result = RestrictedThread.Spawn(restriction, spawn, _thread.SetResult);
            }
            else
            {
                _thread.SetResult(LinuxProcess.ThreadId());
                result = LinuxProcess.posix_spawn(
                    spawn.Id,
                    spawn.File,
                    actions,
                    attributes,
                    spawn.Words,
                    spawn.Environment
                );
            }

            id = found;
            return result;
        }
        finally
        {
            LinuxProcess.posix_spawn_file_actions_destroy(actions);
            LinuxProcess.posix_spawnattr_destroy(attributes);
        }
    }

    // A pipe holds far more than a filter has.
    private PipePair? FillFilter()
    {
        if (spec.Filter is not { } bytes)
        {
            return null;
        }

        PipePair pipe = new();
        using AnonymousPipeClientStream stream = new(PipeDirection.Out, pipe.Write);
        stream.Write(bytes);
        return pipe;
    }

    private sealed unsafe class NativeStringArray : IDisposable
    {
        private readonly int _count;

        public NativeStringArray(IReadOnlyList<string> texts)
        {
            _count = texts.Count;
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
            for (int i = 0; i < _count; i++)
            {
                Pointer[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
            }
        }

        public byte** Pointer { get; }

        public void Dispose()
        {
            for (int i = 0; i < _count; i++)
            {
                Marshal.FreeCoTaskMem((nint)Pointer[i]);
            }

            NativeMemory.Free(Pointer);
        }
    }
}
