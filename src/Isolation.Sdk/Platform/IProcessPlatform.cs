namespace Isolation.Sdk.Platform;

internal interface IProcessPlatform
{
    // Whatever they did to get away.
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
    bool HasAnything { get; }

    Task<ChildProcess> StartAsync(ProcessSpec spec, IScopeConfinement? confinement);

    // Whatever carries the scope's marker, and no handle holds any more.
    Task EndAllAsync();

    void Release();
}

internal sealed record LauncherSettings(
    string Marker,
    string Runtime,
    IReadOnlyList<string> OwnFolders,
    LimitValues Limits
);

internal enum TreeStopMechanism
{
    Cgroup,

    // By session, descent, and a variable and a limit that are found in /proc.
    SessionAndMarker,

    ProcessTree,
}
