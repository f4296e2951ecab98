using System.Collections.Concurrent;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Workspaces;

/// <summary>What linked worktrees and private clones have in common as providers. Either finds again what the other made: a host may have changed its mind between two runs.</summary>
internal abstract class GitWorkspaceProvider(
    WorkspaceOptions options,
    TimeProvider time,
    WorkersDirectory? workers,
    GitRepository? opened,
    GitRepositoryCache? repositories
) : IWorkspaceProvider, IAsyncDisposable
{
    private readonly GitRepositoryCache _repositories = repositories ?? new GitRepositoryCache();
    private readonly Trash _trash = new();

    private readonly ConcurrentDictionary<string, (WorkspaceMaterializer Filler, TemplateTrees Trees)> _materializers =
        new(StringComparer.Ordinal);

    /// <summary>Called at each named step, for tests that end the process there.</summary>
    public FaultPoints Faults
    {
        get => _trash.Faults;
        init => _trash.Faults = value;
    }

    /// <summary>Whether pristine trees are made for the workspaces to come.</summary>
    public bool MakesTemplates { get; init; } = true;

    /// <summary>Whether a pool uses workspaces again; set before the first is made.</summary>
    public bool KeepsIndexes { get; set; }

    /// <summary>What one worker's git does that no other notices.</summary>
    protected abstract IsolationGuarantees Seals { get; }

    /// <inheritdoc/>
    public async ValueTask<ProbeResult> ProbeAsync(
        RepositoryRef repository,
        CancellationToken cancellationToken = default
    )
    {
        ProbeResult report = await WorkspaceProbe
            .RunAsync(repository, options, Seals, workers, _repositories, cancellationToken)
            .ConfigureAwait(false);
        return
            report.Problems.Count == 0
            && (await GetMaterializerAsync(repository, cancellationToken).ConfigureAwait(false)).FindFault()
                is { } fault
            ? new ProbeResult(IsolationGuarantees.None, IsolationGuarantees.None, [fault])
            : report;
    }

    /// <inheritdoc/>
    public async ValueTask<IWorkspace> AcquireAsync(
        WorkspaceRequest request,
        CancellationToken cancellationToken = default
    ) => await AcquireAsync(request, issue: false, parked: null, cancellationToken).ConfigureAwait(false);

    /// <summary>As the other, and with <paramref name="issue"/> the attempt's ref is created along with the workspace instead of looked at.</summary>
    /// <param name="request">The wish.</param>
    /// <param name="issue">Whether the attempt is issued here.</param>
    /// <param name="parked">A tree at the base to be handed out instead of filling a new one; waited for when the files are due.</param>
    /// <param name="cancellationToken">Ends the work and rolls it back.</param>
    internal async ValueTask<GitWorkspace> AcquireAsync(
        WorkspaceRequest request,
        bool issue,
        Task<TemplateTree?>? parked,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            GitRepository repository = await OpenAsync(request.Repository, cancellationToken).ConfigureAwait(false);
            return await MakeAsync(MaterializerOf(repository), request, issue, parked, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (IsolationException e) when (e.Attempt is null)
        {
            throw new IsolationException(e.Fault.Code, e.Fault.Message, e.Fault.Remedy, e)
            {
                Attempt = request.Lease.Attempt,
                Stage = Stage.Workspace,
            };
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IWorkspace?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (!record.Notes.ContainsKey(WorkspaceNotes.Path))
        {
            return null;
        }

        GitRepository repository = await OpenAsync(record.Repository, cancellationToken).ConfigureAwait(false);
        WorkspaceContext context = MaterializerOf(repository).Context;
        return record.Notes.ContainsKey(WorkspaceNotes.CloneBranch)
            ? await PrivateCloneWorkspace
                .ReopenAsync(repository, record, new CloneRemoval(context), cancellationToken)
                .ConfigureAwait(false)
            : await LinkedWorktree
                .ReopenAsync(
                    repository,
                    record,
                    options as GitWorktreeOptions ?? new GitWorktreeOptions(),
                    new WorktreeRemoval(context),
                    cancellationToken
                )
                .ConfigureAwait(false);
    }

    /// <summary>Completes when everything released so far is gone from the disk.</summary>
    public Task SettleAsync() => _trash.EmptyAsync();

    /// <summary>Completes when no pristine tree is being made.</summary>
    public Task SettleTemplatesAsync() => Task.WhenAll(_materializers.Values.Select(f => f.Trees.SettleAsync()));

    /// <summary>What fills workspaces of a repository.</summary>
    public async Task<WorkspaceMaterializer> GetMaterializerAsync(
        RepositoryRef repository,
        CancellationToken cancellationToken
    ) => MaterializerOf(await OpenAsync(repository, cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (string repository in _materializers.Keys)
        {
            if (_materializers.TryRemove(repository, out (WorkspaceMaterializer Filler, TemplateTrees Trees) filler))
            {
                await filler.Trees.DisposeAsync().ConfigureAwait(false);
            }
        }

        await _trash.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Makes a workspace, whole or not at all.</summary>
    protected abstract Task<GitWorkspace> MakeAsync(
        WorkspaceMaterializer filler,
        WorkspaceRequest request,
        bool issue,
        Task<TemplateTree?>? parked,
        CancellationToken cancellationToken
    );

    private WorkspaceMaterializer MaterializerOf(GitRepository repository) =>
        _materializers
            .GetOrAdd(repository.CommonDirectory, _ =>
            {
                WorkspaceContext context = new(
                    repository,
                    workers ?? WorkersDirectory.Beside(repository.CommonDirectory),
                    time,
                    _trash
                )
                {
                    Faults = Faults,
                };
                TemplateTrees trees = new(context, options.MaxTemplateTrees);
                return (
                    new WorkspaceMaterializer(context, options, trees)
                    {
                        MakesTemplates = MakesTemplates,
                        KeepsIndexes = KeepsIndexes,
                    },
                    trees
                );
            })
            .Filler;

    private async Task<GitRepository> OpenAsync(RepositoryRef repository, CancellationToken cancellationToken)
    {
        if (opened is not null && opened.Reference == repository)
        {
            return opened;
        }

        return await _repositories.OpenAsync(repository.Path, cancellationToken).ConfigureAwait(false);
    }
}
