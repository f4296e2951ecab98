using System.ComponentModel;
using System.Globalization;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using Isolation.Sdk.Sandbox;
using Microsoft.Win32.SafeHandles;

namespace Isolation.Sdk.Platform;

/// <summary>Starts one child. Where it is to live in a cgroup or to be marked it is held just before it becomes its program, until it is: nothing it starts is ever outside.</summary>
internal sealed class ChildStarter
{
    public const string GateSuffix = "gate";
    private const int MaxPolls = 50;
    private const int StackSize = 256 * 1024;
    private const int BadDescriptor = 9;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(10);
    private readonly ProcessSpec _launch;
    private readonly string? _gate;
    private readonly SafeFileHandle? _end;
    private readonly ProcessMark? _mark;
    private volatile bool _refused;
    private readonly TaskCompletionSource<int> _thread = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="launch">What to start.</param>
    /// <param name="gate">Where a named pipe can be made for the time of the start; <see langword="null"/> when the child need not be held.</param>
    /// <param name="mark">What marks it and all it starts.</param>
    public ChildStarter(ProcessSpec launch, string? gate, ProcessMark? mark)
    {
        _launch = launch;
        _mark = mark;
        _end = gate is null ? null : LinuxProcess.MakeFifo(gate);
        _gate = _end is null ? null : gate;
        if (launch.IsHeld && (_gate is null || !LinuxProcess.SeesChildren))
        {
            throw NotStarted(new IOException("it could not be held until its limits are set"));
        }
    }

    /// <summary>The child's exit code, once it has one. The child is not reaped by that.</summary>
    public Task<int> Exited => _exited.Task;

    /// <summary>Starts the child.</summary>
    /// <returns>Its id, whether it is in the cgroup, and whether it was marked before it began.</returns>
    public async Task<(int Id, bool Grouped, bool Marked)> StartAsync(
        SafeHandle? input,
        SafeHandle output,
        SafeHandle error,
        Cgroup? cgroup,
        TimeProvider time
    )
    {
        // One small thread starts the child and waits for it: what it changes for itself (umask) dies with it, and no thread of the pool is held.
        Thread thread = new(() => Run(input, output, error), StackSize)
        {
            IsBackground = true,
            Name = "Isolation.Sdk child",
        };
        thread.UnsafeStart();
        if (_gate is null || _end is null)
        {
            int free = await _started.Task.ConfigureAwait(false);
            ResourceLimits.NoCore(free);
            MarkLate(free);
            return (free, false, false);
        }

        try
        {
            // Whatever goes wrong before there is a child is told by the other one.
            int parent = await (await Task.WhenAny(_thread.Task, _started.Task).ConfigureAwait(false)).ConfigureAwait(
                false
            );
            string children = string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{parent}/children");
            (bool grouped, bool marked) = await JoinAsync(children, cgroup, time).ConfigureAwait(false);
            // Opened for both ways it never waits, and the child goes on: by its end, for its name may be gone with the folder.
            using SafeFileHandle open = File.OpenHandle(
                string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_end.DangerousGetHandle()}"),
                FileMode.Open,
                FileAccess.ReadWrite,
                FileShare.ReadWrite
            );
            int id = await _started.Task.ConfigureAwait(false);
            if (_refused)
            {
                await Exited.ConfigureAwait(false);
                LinuxProcess.Reap(id);
                throw new IsolationException(
                    SandboxCodes.NotHeld,
                    $"'{_launch.File}' was not started, because the kernel refused a limit it was to be held to.",
                    "Look what the host itself is limited by; nothing runs with less than it was to be held to."
                );
            }

            if (!marked)
            {
                MarkLate(id);
            }

            return (id, grouped, marked);
        }
        finally
        {
            _end.Dispose();
            Remove(_gate);
        }
    }

    /// <summary>Lets children go that are held still because their host died meanwhile. Before they are marked, only as their program they have the marker by which they are found and ended.</summary>
    /// <param name="folder">Where the gates are.</param>
    /// <param name="alive">Counts what is found.</param>
    /// <param name="time">The clock.</param>
    public static async Task FreeHeldAsync(string folder, Func<int> alive, TimeProvider time)
    {
        string[] gates = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*" + GateSuffix).Where(g => new FileInfo(g).LinkTarget is null)]
            : [];
        int expected = alive() + gates.Length;
        foreach (string gate in gates)
        {
            File.OpenHandle(gate, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
        }

        for (int look = 0; gates.Length > 0 && look < MaxPolls && alive() < expected; look++)
        {
            await Task.Delay(LookPause, time).ConfigureAwait(false);
        }
    }

    /// <summary>The spawning thread is held together with its child, so another one looks who the child is.</summary>
    private async Task<(bool Grouped, bool Marked)> JoinAsync(string children, Cgroup? cgroup, TimeProvider time)
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
                bool held =
                    _launch.Groups.All(g => CgroupDirectory.TryAdd(g.Path, id)) && ResourceLimits.Hold(id, _launch);
                if (!held && (cgroup is not null || _launch.IsHeld))
                {
                    // It has not begun, and never will.
                    _refused = true;
                    LinuxProcess.Signal(id, LinuxProcess.Kill, () => true);
                }

                return (cgroup?.TryAdd(id) ?? false, _mark is not null && ResourceLimits.TryMark(id, _mark));
            }

            await Task.Delay(Pause, time).ConfigureAwait(false);
        }

        return (false, false);
    }

    /// <summary>Where it could not be held, or somebody let it go: nearly always soon enough, which is better than never, and nothing to count on.</summary>
    private void MarkLate(int id)
    {
        if (_mark is not null)
        {
            ResourceLimits.TryMark(id, _mark);
        }
    }

    /// <summary>What starts may clear its folders away before this one does.</summary>
    private static void Remove(string gate)
    {
        try
        {
            File.Delete(gate);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is gone, or goes with the folder.
        }
    }

    /// <summary>A thread that restricted itself is gone as soon as its child is on its way, and with it this file.</summary>
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

    private void Run(SafeHandle? input, SafeHandle output, SafeHandle error)
    {
        int id;
        try
        {
            using SafeFileHandle nothing = File.OpenHandle("/dev/null");
            using PipePair? filter = Filter();
            string[] environment = [.. _launch.Environment.Select(e => $"{e.Key}={e.Value}")];
            LinuxProcess.ResetUmask();
            if (_launch.Restriction?.TryHold() == false)
            {
                _started.SetException(NotStarted(new Win32Exception(BadDescriptor)));
                return;
            }

            int failure = LinuxProcess.Spawn(
                _launch,
                environment,
                _gate,
                input ?? nothing,
                output,
                error,
                filter?.Read,
                _thread.SetResult,
                out id
            );
            _launch.Restriction?.Release();
            if (failure < 0)
            {
                _started.SetException(
                    new IsolationException(
                        SandboxCodes.NotSealed,
                        $"'{_launch.File}' was not started, because the kernel refused a part of its confinement: {new Win32Exception(-failure).Message}.",
                        "Look what the host itself is confined by; nothing runs with less than it was to have."
                    )
                );
                return;
            }

            if (failure != 0)
            {
                _started.SetException(NotStarted(new Win32Exception(failure)));
                return;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _started.SetException(NotStarted(e));
            return;
        }

        _started.SetResult(id);
        _exited.SetResult(LinuxProcess.WaitForEnd(id));
    }

    /// <summary>Filled before the child is there: a pipe holds far more than a filter has.</summary>
    private PipePair? Filter()
    {
        if (_launch.Filter is not { } bytes)
        {
            return null;
        }

        PipePair pipe = new();
        using AnonymousPipeClientStream stream = new(PipeDirection.Out, pipe.Write);
        stream.Write(bytes);
        return pipe;
    }

    private IsolationException NotStarted(Exception why) =>
        new(
            SandboxCodes.CommandNotStarted,
            $"'{_launch.File}' could not be started in '{_launch.Directory}': {why.Message}.",
            "A script needs an interpreter line (#!) that exists; a program must fit this machine.",
            why
        );
}
