using Isolation.Sdk.Leases;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Sandbox;

/// <summary>A wish for a state scope.</summary>
/// <param name="Lease">The attempt's lease, into which the sandbox notes what it is about to create.</param>
/// <param name="Repository">The repository; its worker folder is where scopes live.</param>
/// <param name="Workspace">The workspace, the directory that commands start in.</param>
public sealed record StateRequest(IAttemptLease Lease, RepositoryRef Repository, WorkspaceInfo Workspace);
