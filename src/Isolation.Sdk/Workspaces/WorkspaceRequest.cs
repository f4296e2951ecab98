using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Workspaces;

/// <summary>A wish for a workspace.</summary>
/// <param name="Lease">The attempt's lease, into which the provider notes what it is about to create.</param>
/// <param name="Repository">The repository.</param>
/// <param name="BaseCommit">The full id of the commit to start from: never a name, names move.</param>
public sealed record WorkspaceRequest(IAttemptLease Lease, RepositoryRef Repository, string BaseCommit)
{
    /// <summary>
    /// The full name of the branch its work will land on: what the worker brings in from there is not its own work.
    /// <value>null: everything since <see cref="BaseCommit"/> is.</value>
    /// </summary>
    public string? TargetRef { get; init; }

    /// <summary>
    /// The directory of all workers of the repository. <value>null: the provider's own choice,
    /// <c>&lt;repository&gt;.workers</c> for the built-in ones.</value>
    /// </summary>
    public string? WorkersDirectory { get; init; }

    /// <summary>
    /// Is told, in a line for people, when the workspace has to be waited for: it goes into the worker's status.
    /// <value>null: nobody is.</value>
    /// </summary>
    public Action<string>? OnWaiting { get; init; }
}
