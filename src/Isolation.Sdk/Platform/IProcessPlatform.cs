namespace Isolation.Sdk.Platform;

// How this operating system starts, limits and ends the processes of a sandbox.
internal interface IProcessPlatform
{
    // Whether trees are ended whatever they did to get away.
    bool EndsWholeTrees { get; }

    Task<IReadOnlyList<string>> GetNoticesAsync(LimitValues limits, IProcessConfinement? confinement);

    Task<IProcessLauncher> OpenAsync(LauncherSettings settings, Func<string, ValueTask> note);

    IProcessLauncher Reopen(LauncherSettings settings, string? note);

    static IProcessPlatform Create(TimeProvider time, TreeStopMechanism? mechanism, bool useLimitCgroups) =>
        mechanism != TreeStopMechanism.ProcessTree && LinuxProcess.IsAvailable
            ? new LinuxPlatform(time, mechanism, useLimitCgroups)
            : new PortablePlatform(time);
}

internal interface IProcessLauncher
{
    // Whether any process or group of the scope exists.
    bool HasAnything { get; }

    Task<ChildProcess> StartAsync(ProcessSpec spec, IScopeConfinement? confinement);

    // Ends what no handle holds any more: whatever carries the scope's marker.
    Task EndAllAsync();

    void Release();
}

internal sealed record LauncherSettings(
    string Marker,
    string Runtime,
    IReadOnlyList<string> OwnFolders,
    LimitValues Limits
);

// How a tree of processes is found and ended.
internal enum TreeStopMechanism
{
    // A cgroup, ended by cgroup.kill: nothing can leave it.
    Cgroup,

    // Its session, its descendants, and a variable and a limit that only it was started with, found in /proc.
    SessionAndMarker,

    // What the runtime's own Kill(entireProcessTree: true) finds.
    ProcessTree,
}
