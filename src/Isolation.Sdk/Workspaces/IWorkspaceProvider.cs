using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Workspaces;

/// <summary>Makes workspaces: directories with the repository's files at a pinned base commit.</summary>
public interface IWorkspaceProvider : IIsolationAxis
{
    /// <summary>Makes a workspace, whole or not at all.</summary>
    /// <param name="request">For which attempt, on which base.</param>
    /// <param name="cancellationToken">Ends the work and rolls it back.</param>
    /// <exception cref="IsolationException">It could not be made; nothing is left of it.</exception>
    ValueTask<IWorkspace> AcquireAsync(WorkspaceRequest request, CancellationToken cancellationToken = default);

    /// <summary>Finds a workspace again from its lease, in another process perhaps.</summary>
    /// <param name="record">The lease.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>
    /// The workspace, whole or half-made; <see langword="null"/> when the record notes none of this provider's or
    /// nothing is left of it.
    /// </returns>
    ValueTask<IWorkspace?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default);
}
