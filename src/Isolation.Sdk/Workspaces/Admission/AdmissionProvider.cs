using System.Collections.Concurrent;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Workspaces;

/// <summary>Lets a workspace be made when there is room for it, and not before.</summary>
internal sealed class AdmissionProvider(
    IWorkspaceProvider inner,
    AdmissionOptions options,
    TimeProvider time,
    WorkersDirectory? workers = null,
    GitRepositoryCache? repositories = null,
    Func<string, FreeSpace>? look = null
) : IWorkspaceProvider, IAsyncDisposable
{
    // What is removed is renamed at once and deleted behind, so the room comes a while after a release says so.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, AdmissionController> _controllers = new(StringComparer.Ordinal);
    private readonly Func<string, FreeSpace> _look = look ?? FreeSpace.Measure;
    private readonly GitRepositoryCache _repositories = repositories ?? new GitRepositoryCache();

    /// <inheritdoc/>
    public async ValueTask<ProbeResult> ProbeAsync(
        RepositoryRef repository,
        CancellationToken cancellationToken = default
    )
    {
        ProbeResult report = await inner.ProbeAsync(repository, cancellationToken).ConfigureAwait(false);
        return
            report.Problems.Count == 0
            && _look(await FolderAsync(repository, cancellationToken).ConfigureAwait(false)).FindShortage(options, 0)
                is { } lacks
            ? report with
            {
                Notices = [.. report.Notices, $"No workspace would be made now: {lacks}."],
            }
            : report;
    }

    /// <inheritdoc/>
    public async ValueTask<IWorkspace> AcquireAsync(
        WorkspaceRequest request,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        string folder = await FolderAsync(request.Repository, cancellationToken).ConfigureAwait(false);
        AdmissionController book = _controllers.GetOrAdd(folder, f => new AdmissionController(options, () => _look(f)));
        await AdmitAsync(book, folder, request, cancellationToken).ConfigureAwait(false);
        IWorkspace? made = null;
        try
        {
            made = await inner.AcquireAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            book.Complete(made is not null);
        }

        return new AdmittedWorkspace(made, book);
    }

    /// <inheritdoc/>
    public ValueTask<IWorkspace?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default) =>
        inner.ReopenAsync(record, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        switch (inner)
        {
            case IAsyncDisposable asynchronous:
                await asynchronous.DisposeAsync().ConfigureAwait(false);
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }
    }

    private async Task AdmitAsync(
        AdmissionController book,
        string folder,
        WorkspaceRequest request,
        CancellationToken cancellationToken
    )
    {
        long begun = time.GetTimestamp();
        for (bool told = false; ; told = true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task changed = book.Changed; // Taken before the look: what is given back after it is not missed.
            if (book.TryAdmit() is not { } lacks)
            {
                return;
            }

            TimeSpan left = options.Wait - time.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
            {
                throw new IsolationException(
                    WorkspaceCodes.NoFreeSpace,
                    $"There is no room for another workspace in '{folder}', and there was none for {options.Wait}: {lacks}.",
                    "Free some, run fewer workers at once, or ask for less or wait longer with UseAdmission(o => …)."
                )
                {
                    Attempt = request.Lease.Attempt,
                    Stage = Stage.Workspace,
                };
            }

            if (!told)
            {
                request.OnWaiting?.Invoke($"Waits for room: {lacks}.");
            }

            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(changed, Task.Delay(left < Interval ? left : Interval, time, either.Token))
                .ConfigureAwait(false);
            await either.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task<string> FolderAsync(RepositoryRef repository, CancellationToken cancellationToken) =>
        (
            workers
            ?? WorkersDirectory.Beside(
                (
                    await _repositories.OpenAsync(repository.Path, cancellationToken).ConfigureAwait(false)
                ).CommonDirectory
            )
        ).Root;
}
