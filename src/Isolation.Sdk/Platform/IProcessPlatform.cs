namespace Isolation.Sdk.Platform;

/// <summary>How this operating system starts, limits and ends the processes of a sandbox.</summary>
internal interface IProcessPlatform
{
    /// <summary>Whether trees are ended whatever they did to get away.</summary>
    bool EndsWholeTrees { get; }

    /// <summary>What works less well here, and what enforces each limit.</summary>
    Task<IReadOnlyList<string>> GetNoticesAsync(LimitValues limits, IProcessConfinement? confinement);

    /// <summary>Prepares to start the processes of one scope.</summary>
    /// <param name="settings">The scope.</param>
    /// <param name="note">Notes what <see cref="Reopen"/> needs, before it is created.</param>
    Task<IProcessLauncher> OpenAsync(LauncherSettings settings, Func<string, ValueTask> note);

    /// <summary>Finds what an earlier host left of a scope.</summary>
    IProcessLauncher Reopen(LauncherSettings settings, string? note);

    /// <summary>The best there is on this machine.</summary>
    static IProcessPlatform Create(TimeProvider time, TreeStopMechanism? mechanism, bool useLimitCgroups) =>
        mechanism != TreeStopMechanism.ProcessTree && LinuxProcess.IsAvailable
            ? new LinuxPlatform(time, mechanism, useLimitCgroups)
            : new PortablePlatform(time);
}

/// <summary>Starts the processes of one scope, and ends all of them.</summary>
internal interface IProcessLauncher
{
    /// <summary>Whether any process or group of the scope exists.</summary>
    bool HasAnything { get; }

    Task<ChildProcess> StartAsync(ProcessSpec spec, IScopeConfinement? confinement);

    /// <summary>Ends what no handle holds any more: whatever carries the scope's marker.</summary>
    Task EndAllAsync();

    void Release();
}

/// <summary>What a launcher has to know of its scope.</summary>
/// <param name="Marker">The scope's marker.</param>
/// <param name="Runtime">A folder in which only this user may write.</param>
/// <param name="OwnFolders">The folders that count as its disk.</param>
/// <param name="Limits">What each command is held to.</param>
internal sealed record LauncherSettings(
    string Marker,
    string Runtime,
    IReadOnlyList<string> OwnFolders,
    LimitValues Limits
);

/// <summary>How a tree of processes is found and ended.</summary>
internal enum TreeStopMechanism
{
    /// <summary>A cgroup, ended by <c>cgroup.kill</c>: nothing can leave it.</summary>
    Cgroup,

    /// <summary>Its session, its descendants, and a variable and a limit that only it was started with, found in <c>/proc</c>.</summary>
    SessionAndMarker,

    /// <summary>What the runtime's own <c>Kill(entireProcessTree: true)</c> finds.</summary>
    ProcessTree,
}
