namespace Isolation.Sdk.Workspaces;

/// <summary>How the files of a base commit get into a new workspace. A worker finds the same with each.</summary>
public enum CheckoutMethod
{
    /// <summary>The cheapest that the file system can do and that is worth it.</summary>
    Auto,

    /// <summary>A copy-on-write snapshot of a template tree, in the time of one system call. Needs btrfs.</summary>
    Snapshot,

    /// <summary>Files share blocks with a template tree until they are written. Needs XFS or btrfs.</summary>
    Reflink,

    /// <summary>The kernel copies files from a template tree. Needs Linux.</summary>
    Copy,

    /// <summary>Git writes each file, as <c>git worktree add</c> does.</summary>
    Checkout,
}
