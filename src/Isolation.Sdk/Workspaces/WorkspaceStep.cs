namespace Isolation.Sdk.Workspaces;

/// <summary>
/// Where a process can be killed while it fills, recycles or removes: each step leaves what the next process
/// understands.
/// </summary>
internal enum WorkspaceStep
{
    // The folder of a prepared tree is there, and empty.
    TreeBegun,

    // Git wrote its files; they have no record yet.
    TreeWritten,

    // Its record is written: it counts.
    TreeRecorded,

    // Its record is taken away: it is about to be moved to another base.
    MoveBegun,

    // Its files are at the other base, without a record.
    MoveWritten,

    // Some files of a workspace are there.
    MidCopy,

    // All files of a workspace are there, and git knows nothing of it.
    Materialized,

    // The git side is there, without an index.
    GitMade,

    // The workspace has its index: it is whole but for the lease's last note.
    Indexed,

    // A parked tree was taken out of the pool and is in its new place.
    Taken,

    // The git side of a released workspace is gone; its files are in the pool's folder, uncleaned.
    Detached,

    // Strangers were deleted from a tree to be parked; what was altered is not mended.
    MidClean,

    // It is clean, without a record.
    Cleaned,

    // It is in the pool.
    Idle,

    // A workspace was renamed into the trash.
    Discarded,

    // Its registration is gone, too.
    Unregistered,

    // A part of the trash is deleted.
    MidDelete,
}
