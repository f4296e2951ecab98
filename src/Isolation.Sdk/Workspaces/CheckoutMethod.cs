namespace Isolation.Sdk.Workspaces;

/// <summary>
/// How the files of a base commit get into a new workspace. What a worker finds there is the same with each.
/// </summary>
public enum CheckoutMethod
{
    /// <summary>
    /// The cheapest that the file system can: <see cref="Snapshot"/>, <see cref="Reflink"/>, <see cref="Copy"/>; <see
    /// cref="Checkout"/> where copying would be wrong or not worth it.
    /// </summary>
    Auto,

    /// <summary>A copy-on-write snapshot of a pristine tree: btrfs, in the time of one system call.</summary>
    Snapshot,

    /// <summary>
    /// Each file shares its blocks with the pristine tree's until one of them is written: XFS, btrfs.
    /// </summary>
    Reflink,

    /// <summary>Each file is copied from a pristine tree by the kernel: any file system of Linux.</summary>
    Copy,

    /// <summary>Git writes each file out of its objects, as <c>git worktree add</c> does.</summary>
    Checkout,
}
