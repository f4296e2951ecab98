using Isolation.Sdk.Leasing;
using Isolation.Sdk.Sandboxing;

namespace Isolation.Sdk.Workspaces.Admission;

/// <summary>Tells those who wait for room when it is released.</summary>
internal sealed class AdmittedWorkspace(IWorkspace inner, AdmissionBook book) : IWorkspace
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
        book.Wake();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        book.Wake();
    }
}
