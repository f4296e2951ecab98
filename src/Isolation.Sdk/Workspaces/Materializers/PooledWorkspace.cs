using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Workspaces;

/// <summary>A workspace whose files go back to the pool when it is released.</summary>
internal sealed class PooledWorkspace(WorkspacePool pool, WorkspaceContext context, string key, GitWorkspace inner)
    : IWorkspace
{
    private int _released;

    /// <inheritdoc/>
    public WorkspaceInfo Info => inner.Info;

    /// <inheritdoc/>
    public ValueTask<Capture> CaptureAsync(IStateScope scope, CancellationToken cancellationToken = default) =>
        inner.CaptureAsync(scope, cancellationToken);

    /// <inheritdoc/>
    public ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default) =>
        Interlocked.Exchange(ref _released, 1) == 0
            ? pool.ReleaseAsync(inner, context, key, mode, cancellationToken)
            : ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ReleaseAsync(ReleaseMode.KeepIfUnmerged);
}
