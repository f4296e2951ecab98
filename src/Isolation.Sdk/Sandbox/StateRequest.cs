using Isolation.Sdk.Leases;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Sandbox;

/// <summary>A request for a state scope.</summary>
/// <param name="Lease">The attempt's lease. The sandbox notes in it what it is about to create.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Workspace">The workspace, in which commands start.</param>
public sealed record StateRequest(IAttemptLease Lease, RepositoryRef Repository, WorkspaceInfo Workspace)
{
    /// <summary>The work item, for values with <c>{title}</c> or <c>{instructions}</c>. <value>null: there is
    /// none.</value></summary>
    public WorkItem? Item { get; init; }

    /// <summary>The directory in which workers live. <value>null: beside the repository.</value></summary>
    public string? WorkersDirectory { get; init; }
}
