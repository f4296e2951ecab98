using System.Collections.Concurrent;
using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;

namespace Isolation.Sdk.Workspaces.Admission;

/// <summary>Lets a workspace be made when there is room for it, and not before.</summary>
internal sealed class AdmissionProvider(
    IWorkspaceProvider inner,
    AdmissionOptions options,
    TimeProvider time,
    WorkersFolder? workers = null,
    GitRepositories? repositories = null,
    Func<string, Room>? look = null
) : IWorkspaceProvider, IAsyncDisposable
{
    // What is removed is renamed at once and deleted behind, so the room comes a while after a release says so.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, AdmissionBook> _books = new(StringComparer.Ordinal);
    private readonly Func<string, Room> _look = look ?? Room.At;
    private readonly GitRepositories _repositories = repositories ?? new GitRepositories();

    /// <inheritdoc/>
    public async ValueTask<AxisReport> ProbeAsync(
        RepositoryRef repository,
        CancellationToken cancellationToken = default
    )
    {
        AxisReport report = await inner.ProbeAsync(repository, cancellationToken).ConfigureAwait(false);
        return
            report.Missing.Count == 0
            && _look(await FolderAsync(repository, cancellationToken).ConfigureAwait(false)).Lacks(options, 0)
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
        AdmissionBook book = _books.GetOrAdd(folder, f => new AdmissionBook(options, () => _look(f)));
        await AdmitAsync(book, folder, request, cancellationToken).ConfigureAwait(false);
        IWorkspace? made = null;
        try
        {
            made = await inner.AcquireAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            book.End(made is not null);
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
        AdmissionBook book,
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
            if (book.TryBegin() is not { } lacks)
            {
                return;
            }

            TimeSpan left = options.Wait - time.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
            {
                throw new IsolationException(
                    WorkspaceCodes.NoRoom,
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
            ?? WorkersFolder.Beside(
                (
                    await _repositories.OpenAsync(repository.Path, cancellationToken).ConfigureAwait(false)
                ).CommonDirectory
            )
        ).Root;
}
