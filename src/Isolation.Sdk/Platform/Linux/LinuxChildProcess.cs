using System.IO.Pipes;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Platform;

/// <summary>A process started by <c>posix_spawn</c>: a session of its own, default signals, umask 022, no descriptor but three, no program in between.</summary>
internal sealed class LinuxChildProcess : ChildProcess
{
    private readonly ProcessTree _tree;
    private readonly Cgroup? _cgroup;
    private readonly IReadOnlyList<CommandCgroup> _limits;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _over;
    private readonly SemaphoreSlim _ending = new(1, 1);
    private IReadOnlyList<TreeBoundStream> _streams = [];
    private int _keepers;
    private LimitHit? _hit;
    private bool _reaped;

    private LinuxChildProcess(
        int id,
        Task<int> exited,
        ProcessTree tree,
        Cgroup? cgroup,
        IReadOnlyList<CommandCgroup> limits,
        CancellationTokenSource over,
        TimeProvider time
    )
    {
        Id = id;
        Exited = exited;
        _tree = tree;
        _cgroup = cgroup;
        _limits = limits;
        _over = over;
        _time = time;
    }

    public override int Id { get; }

    public override string Mechanism => _tree.Mechanism;

    public override Task<int> Exited { get; }

    public override LimitHit? Hit
    {
        get
        {
            // Read first: what is gone by now was looked at before it went.
            LimitHit? now = _limits.Select(g => g.Hit).FirstOrDefault(h => h is not null);
            return _hit ??= now;
        }
    }

    public override bool HasWritten => _streams.Select(s => s.HasWritten()).ToArray().Contains(true);

    /// <param name="launch">What to start.</param>
    /// <param name="marker">The marker of this command; its environment has it already.</param>
    /// <param name="cgroup">A group for it alone; <see langword="null"/> where there is none.</param>
    /// <param name="gate">A path that is free, where only this user may write.</param>
    /// <param name="time">The clock.</param>
    public static async Task<ChildProcess> StartAsync(
        ProcessSpec launch,
        string marker,
        Cgroup? cgroup,
        string gate,
        TimeProvider time
    )
    {
        PipePair? input = launch.OpenInput ? new PipePair() : null;
        PipePair output = new();
        PipePair? error = launch.Log is null ? new PipePair() : null;
        try
        {
            ChildStarter? spawn = null;
            ProcessMark? mark = launch.HasKeeper || !ResourceLimits.CanMark ? null : ProcessMark.Of(marker);
            (int id, bool grouped, bool marked) = await ExecRetry
                .StartAsync(
                    () =>
                    {
                        spawn = new ChildStarter(
                            launch,
                            cgroup is null && mark is null && !launch.IsHeld ? null : gate,
                            mark
                        );
                        return spawn.StartAsync(input?.Read, output.Write, error?.Write ?? output.Write, cgroup, time);
                    },
                    time
                )
                .ConfigureAwait(false);
            ProcessTree tree = new(marker, grouped ? cgroup : null, time, [.. launch.Groups.Select(g => g.Path)]);
            tree.Add(id, launch.HasKeeper, marked);
            CancellationTokenSource over = new();
            TreeBoundStream merged = new(output.Read, over.Token);
            TreeBoundStream? wrong = error is null ? null : new TreeBoundStream(error.Read, over.Token);
            return new LinuxChildProcess(id, spawn!.Exited, tree, cgroup, launch.Groups, over, time)
            {
                Input = input is null ? Stream.Null : new AnonymousPipeClientStream(PipeDirection.Out, input.Write),
                Output = launch.Log is null ? merged : Stream.Null,
                Error = wrong ?? Stream.Null,
                _streams = wrong is null ? [merged] : [merged, wrong],
                _keepers = launch.HasKeeper ? 2 : 0,
                Logged = launch.Log is { } log ? PumpAsync(merged, log) : Task.CompletedTask,
            };
        }
        catch
        {
            input?.Dispose();
            output.Dispose();
            error?.Dispose();
            await RemoveAsync(cgroup, launch.Groups, time).ConfigureAwait(false);
            throw;
        }
        finally
        {
            // The child's ends are the child's alone now, or its output would never end.
            input?.Read.Dispose();
            output.Write.Dispose();
            error?.Write.Dispose();
        }
    }

    public override async Task<IReadOnlyList<int>> AliveAsync()
    {
        await _ending.WaitAsync().ConfigureAwait(false);
        try
        {
            return _reaped ? [] : [.. _tree.Alive().Select(p => p.Id).Skip(_keepers)];
        }
        finally
        {
            _ending.Release();
        }
    }

    public override async Task<bool> EndAsync(TimeSpan grace)
    {
        await _ending.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_reaped)
            {
                return false;
            }

            bool forced = await _tree.EndAsync(grace).ConfigureAwait(false);
            await Exited.ConfigureAwait(false);
            _tree.Close();
            LinuxProcess.Reap(Id);
            _hit = Hit;
            await RemoveAsync(_cgroup, _limits, _time).ConfigureAwait(false);
            _reaped = true;
            await _over.CancelAsync().ConfigureAwait(false);
            await Logged.ConfigureAwait(false);
            return forced;
        }
        finally
        {
            _ending.Release();
        }
    }

    private static Task RemoveAsync(Cgroup? cgroup, IReadOnlyList<CommandCgroup> limits, TimeProvider time) =>
        Task.WhenAll(
            limits
                .Select(g => g.Path)
                .Concat(cgroup is null ? [] : [cgroup.Path])
                .Distinct(StringComparer.Ordinal)
                .Select(path => CgroupDirectory.RemoveAsync(path, time))
        );
}
