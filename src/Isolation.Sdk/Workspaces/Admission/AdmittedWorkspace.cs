using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Workspaces;

/// <summary>Tells those who wait for room when it is released.</summary>
internal sealed class AdmittedWorkspace(IWorkspace inner, AdmissionController book) : IWorkspace
{
    /// <inheritdoc/>
    public WorkspaceInfo Info => inner.Info;

    /// <inheritdoc/>
    public ValueTask<Capture> CaptureAsync(IStateScope scope, CancellationToken cancellationToken = default) =>
        inner.CaptureAsync(scope, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default)
    {
        await inner.ReleaseAsync(mode, cancellationToken).ConfigureAwait(false);
        book.SignalReleased();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        book.SignalReleased();
    }
}
