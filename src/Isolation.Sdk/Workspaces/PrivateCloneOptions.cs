namespace Isolation.Sdk.Workspaces;

/// <summary>How private clones are made.</summary>
public sealed class PrivateCloneOptions : WorkspaceOptions
{
    /// <summary>
    /// Whether a clone has the repository's remote <c>origin</c>, by the same address without any user name or password in it, so that a worker can fetch. Without it a clone has no remote:
    /// what it needs is there, and what it makes is collected. <value>false</value>
    /// </summary>
    public bool KeepOrigin { get; set; }
}
