using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Workspaces;

/// <summary>A request for a workspace.</summary>
/// <param name="Lease">The attempt's lease. The provider notes in it what it is about to create.</param>
/// <param name="Repository">The repository.</param>
/// <param name="BaseCommit">The full ID of the commit to start from; names are refused, because they move.</param>
public sealed record WorkspaceRequest(IAttemptLease Lease, RepositoryRef Repository, string BaseCommit)
{
    /// <summary>
    /// The full name of the branch the work will land on: commits brought in from there are not the worker's own.
    /// <value>null: everything since <see cref="BaseCommit"/> is.</value>
    /// </summary>
    public string? TargetRef { get; init; }

    /// <summary>The directory in which workers live. <value>null: the provider's own choice.</value></summary>
    public string? WorkersDirectory { get; init; }

    /// <summary>Called with one line for people if the workspace has to wait.</summary>
    public Action<string>? OnWaiting { get; init; }
}
