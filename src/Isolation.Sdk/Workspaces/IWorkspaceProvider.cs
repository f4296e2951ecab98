using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Workspaces;

/// <summary>Creates workspaces: directories with the repository's files at a pinned base commit.</summary>
public interface IWorkspaceProvider : IIsolationAxis
{
    /// <summary>Creates a workspace, completely or not at all.</summary>
    /// <exception cref="IsolationException">It could not be created; nothing is left of it.</exception>
    ValueTask<IWorkspace> AcquireAsync(WorkspaceRequest request, CancellationToken cancellationToken = default);

    /// <summary>Finds a workspace again from its lease, complete or not.</summary>
    /// <returns>
    /// The workspace; <see langword="null"/> if the record notes none of this provider or nothing is left of it.
    /// </returns>
    ValueTask<IWorkspace?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default);
}
