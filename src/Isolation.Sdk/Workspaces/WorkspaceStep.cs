namespace Isolation.Sdk.Workspaces;

// Where a process can be killed: each step leaves what the next process understands.
internal enum WorkspaceStep
{
    TreeBegun,

    TreeWritten,

    TreeRecorded,

    MoveBegun,

    MoveWritten,

    MidCopy,

    Materialized,

    GitMade,

    Indexed,

    Taken,

    Detached,

    MidClean,

    Cleaned,

    Idle,

    Discarded,

    Unregistered,

    MidDelete,
}
