namespace Isolation.Sdk.Platform;

// By posix_spawn: a session each, default signals, umask 022, three descriptors, no program in between.
internal sealed class LinuxPlatform(TimeProvider time, TreeStopMechanism? mechanism, bool useLimitCgroups)
    : IProcessPlatform
{
    private readonly CgroupLimits _cgroups = new(time, useLimitCgroups);

    public bool EndsWholeTrees => true;

    public async Task<IReadOnlyList<string>> GetNoticesAsync(LimitValues limits, IProcessConfinement? confinement)
    {
        bool canEscape =
            confinement is not { EndsWholeTree: true }
            && !(confinement is { KeepsMarks: true } && ResourceLimits.CanMark);
        IReadOnlyList<string> mechanisms = await _cgroups.DescribeAsync(limits).ConfigureAwait(false);
        return canEscape && (Cgroup.Parent() is not { } group || !LinuxProcess.IsWritable(group))
            ?
            [
                "No cgroup v2 that this user may divide: trees are ended by "
                    + (
                        ResourceLimits.CanMark
                            ? "session, marker and limit, which a daemon escapes that changes all three, "
                                + "RLIMIT_LOCKS included."
                            : "session and marker, which a daemon with a scrubbed environment escapes."
                    ),
                .. mechanisms,
            ]
            : mechanisms;
    }

    public async Task<IProcessLauncher> OpenAsync(LauncherSettings settings, Func<string, ValueTask> note)
    {
        string name = Cgroup.NameOf(settings.Marker);
        string? kill = mechanism is null or TreeStopMechanism.Cgroup ? Cgroup.PathOf(name) : null;
        IReadOnlyList<CgroupMount> mounts = await _cgroups.GetMountsAsync(settings.Limits).ConfigureAwait(false);
        string[] paths = [.. mounts.Select(m => m.PathOf(name)).Concat(kill is null ? [] : [kill]).Distinct()];
        if (paths.Length > 0)
        {
            await note(string.Join('\n', paths)).ConfigureAwait(false);
        }

        return new LinuxLauncher(settings, kill is null ? null : Cgroup.TryCreate(kill), mounts, paths, time);
    }

    public IProcessLauncher Reopen(LauncherSettings settings, string? note)
    {
        string name = Cgroup.NameOf(settings.Marker);
        string[] paths = [.. (note ?? "").Split('\n').Where(p => Path.GetFileName(p) == name && Directory.Exists(p))];
        Cgroup? kill = paths.Select(p => new Cgroup(p)).FirstOrDefault(g => g.CanKill);
        return new LinuxLauncher(settings, kill, [], paths, time);
    }
}
