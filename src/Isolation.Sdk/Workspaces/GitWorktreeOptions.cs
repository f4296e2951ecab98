namespace Isolation.Sdk.Workspaces;

/// <summary>How linked worktrees are made.</summary>
public sealed class GitWorktreeOptions : WorkspaceOptions
{
    /// <summary>Whether what a worker left uncommitted also goes onto its branch when it is captured. It is pinned in the attempt's ref either way. <value>false</value></summary>
    public bool LeftoversOnBranch { get; set; }
}
