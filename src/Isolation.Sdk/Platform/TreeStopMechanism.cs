namespace Isolation.Sdk.Platform;

/// <summary>How a tree of processes is found and ended.</summary>
internal enum TreeStopMechanism
{
    /// <summary>A cgroup of its own, ended by <c>cgroup.kill</c>: nothing can leave it.</summary>
    Cgroup,

    /// <summary>Its session, its descendants, and a variable and a limit that only it was started with, found in <c>/proc</c>.</summary>
    SessionAndMarker,

    /// <summary>What the runtime's own <c>Kill(entireProcessTree: true)</c> finds.</summary>
    ProcessTree,
}
