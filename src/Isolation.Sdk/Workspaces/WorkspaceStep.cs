namespace Isolation.Sdk.Workspaces;

/// <summary>Where a process can be killed while it fills, recycles or removes: each step leaves what the next process understands.</summary>
internal enum WorkspaceStep
{
    /// <summary>The folder of a prepared tree is there, and empty.</summary>
    TreeBegun,

    /// <summary>Git wrote its files; they have no record yet.</summary>
    TreeWritten,

    /// <summary>Its record is written: it counts.</summary>
    TreeRecorded,

    /// <summary>Its record is taken away: it is about to be moved to another base.</summary>
    MoveBegun,

    /// <summary>Its files are at the other base, without a record.</summary>
    MoveWritten,

    /// <summary>Some files of a workspace are there.</summary>
    MidFill,

    /// <summary>All files of a workspace are there, and git knows nothing of it.</summary>
    Filled,

    /// <summary>The git side is there, without an index.</summary>
    GitMade,

    /// <summary>The workspace has its index: it is whole but for the lease's last note.</summary>
    Indexed,

    /// <summary>A parked tree was taken out of the pool and is in its new place.</summary>
    Taken,

    /// <summary>The git side of a released workspace is gone; its files are in the pool's folder, uncleaned.</summary>
    Detached,

    /// <summary>Strangers were deleted from a tree to be parked; what was altered is not mended.</summary>
    MidClean,

    /// <summary>It is clean, without a record.</summary>
    Cleaned,

    /// <summary>It is in the pool.</summary>
    Idle,

    /// <summary>A workspace was renamed into the trash.</summary>
    Discarded,

    /// <summary>Its registration is gone, too.</summary>
    Unregistered,

    /// <summary>A part of the trash is deleted.</summary>
    MidDelete,
}
