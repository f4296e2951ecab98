using Isolation.Sdk.Leasing;

namespace Isolation.Sdk.Workspaces;

/// <summary>A wish for a workspace.</summary>
/// <param name="Lease">The attempt's lease, into which the provider notes what it is about to create.</param>
/// <param name="Repository">The repository.</param>
/// <param name="BaseCommit">The full id of the commit to start from: never a name, names move.</param>
public sealed record WorkspaceRequest(IAttemptLease Lease, RepositoryRef Repository, string BaseCommit);
