namespace Isolation.Sdk;

/// <summary>
/// Where the pipeline is with a worker. Left of <see cref="Release"/> a stage needs the worker's machine, right of it
/// only git.
/// </summary>
public enum Stage
{
    /// <summary>The item is taken and the attempt issued.</summary>
    Claim,

    /// <summary>The workspace is made.</summary>
    Workspace,

    /// <summary>The state scope is opened.</summary>
    State,

    /// <summary>Setup commands run.</summary>
    Setup,

    /// <summary>The context is made.</summary>
    Context,

    /// <summary>The runner runs.</summary>
    Run,

    /// <summary>What it made is pinned.</summary>
    Capture,

    /// <summary>What it does not own is compared with what it was.</summary>
    Inspect,

    /// <summary>Workspace and state are given back.</summary>
    Release,

    /// <summary>The merge queue has it.</summary>
    Merge,

    /// <summary>The tracker is told.</summary>
    Settle,
}
