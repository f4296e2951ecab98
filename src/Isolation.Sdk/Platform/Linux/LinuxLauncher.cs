using System.IO.Pipes;

namespace Isolation.Sdk.Platform;

internal sealed class LinuxLauncher(
    LauncherSettings settings,
    Cgroup? kill,
    IReadOnlyList<CgroupMount> mounts,
    IReadOnlyList<string> groups,
    TimeProvider time
) : IProcessLauncher
{
    // bwrap, and its own first process inside.
    private const int Keepers = 2;
    private readonly ProcessTree _tree = new(settings.Marker + ".", kill, time, groups);

    public bool HasAnything => groups.Count > 0 || _tree.FindAlive().Count > 0;

    public Task<ChildProcess> StartAsync(ProcessSpec spec, IScopeConfinement? confinement)
    {
        spec = confinement?.Apply(spec) ?? spec;
        string gate = Path.Combine(settings.Runtime, spec.Marker + ChildStarter.GateSuffix);
        return StartAsync(spec, MakeGroups(spec), settings.Limits, gate, settings.OwnFolders, time);
    }

    public static async Task<ChildProcess> StartAsync(
        ProcessSpec spec,
        CommandCgroups cgroups,
        LimitValues limits,
        string gate,
        IReadOnlyList<string> folders,
        TimeProvider time
    )
    {
        PipePair? input = null,
            output = null,
            error = null;
        try
        {
            input = spec.OpenInput ? new PipePair() : null;
            output = new PipePair();
            error = spec.MergeError ? null : new PipePair();
            ProcessMark? mark = spec.HasKeeper || !ResourceLimits.CanMark ? null : ProcessMark.Of(spec.Marker);
            ChildStarter? starter = null;
            StartedChild started = await ExecRetry
                .StartAsync(
                    () =>
                    {
                        starter = new ChildStarter(spec, limits, cgroups, mark, time);
                        return starter.StartAsync(input?.Read, output.Write, error?.Write ?? output.Write, gate);
                    },
                    time
                )
                .ConfigureAwait(false);
            ProcessTree tree = new(
                spec.Marker,
                started.IsGrouped ? cgroups.Kill : null,
                time,
                [.. cgroups.Limits.Select(g => g.Group.Folder)]
            );
            tree.Add(started.Id, spec.HasKeeper ? Keepers : 0, started.IsMarked);
            LimitWatchdog watchdog = new(limits, folders, cgroups, time);
            return new LinuxChildProcess(started.Id, starter!.Exited, tree, output.Read, error?.Read, watchdog, time)
            {
                Input = input is null ? Stream.Null : new AnonymousPipeClientStream(PipeDirection.Out, input.Write),
            };
        }
        catch
        {
            input?.Dispose();
            output?.Dispose();
            error?.Dispose();
            await cgroups.RemoveAsync(time).ConfigureAwait(false);
            throw;
        }
        finally
        {
            // The child's ends are the child's alone now, or its output would never end.
            input?.Read.Dispose();
            output?.Write.Dispose();
            error?.Write.Dispose();
        }
    }

    public async Task EndAllAsync()
    {
        await ChildStarter.FreeHeldAsync(settings.Runtime, () => _tree.FindAlive().Count, time).ConfigureAwait(false);
        await _tree.EndAsync(TimeSpan.Zero).ConfigureAwait(false);
        foreach (string group in groups)
        {
            await new Cgroup(group).RemoveAsync(time).ConfigureAwait(false);
        }
    }

    public void Release()
    {
        foreach (string group in groups)
        {
            new Cgroup(group).TryRemove();
        }
    }

    // A command is not held for the processes that stand between us and it.
    private CommandCgroups MakeGroups(ProcessSpec spec)
    {
        string name = spec.Marker.TrimEnd('.');
        List<LimitCgroup> made = [];
        foreach (CgroupMount mount in mounts)
        {
            long value = mount.Controller.ValueOf(settings.Limits, spec.HasKeeper ? Keepers : 0);
            if (mount.TryMake(Cgroup.NameOf(settings.Marker), name, value) is not { } group)
            {
                made.ForEach(g => g.Group.TryRemove());
                throw new IsolationException(
                    SandboxCodes.NotHeld,
                    $"The kernel no longer takes a limit of {mount.Controller.Limit} in '{mount.Folder}'.",
                    "Look what changed there; nothing runs with less than it was to be held to."
                );
            }

            made.Add(group);
        }

        return new CommandCgroups(kill is null ? null : Cgroup.TryCreate(Path.Combine(kill.Folder, name)), made);
    }
}
