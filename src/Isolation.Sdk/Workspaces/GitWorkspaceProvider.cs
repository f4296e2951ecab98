using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Workspaces.Clones;
using Isolation.Sdk.Workspaces.Worktrees;

namespace Isolation.Sdk.Workspaces;

/// <summary>What linked worktrees and private clones have in common as providers. Either finds again what the other made: a host may have changed its mind between two runs.</summary>
internal abstract class GitWorkspaceProvider(WorkspaceOptions options, TimeProvider time, WorkersFolder? workers, GitRepository? opened, GitRepositories? repositories) : IWorkspaceProvider, IAsyncDisposable
{
    private readonly GitRepositories _repositories = repositories ?? new GitRepositories();
    private readonly Trash _trash = new();

    protected TimeProvider Time => time;

    protected Trash Trash => _trash;

    /// <summary>What one worker's git does that no other notices.</summary>
    protected abstract IsolationGuarantees Seals { get; }

    /// <inheritdoc/>
    public ValueTask<AxisReport> ProbeAsync(RepositoryRef repository, CancellationToken cancellationToken = default) => WorkspaceProbe.RunAsync(repository, options, Seals, workers, _repositories, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IWorkspace> AcquireAsync(WorkspaceRequest request, CancellationToken cancellationToken = default) => AcquireAsync(request, issue: false, cancellationToken);

    /// <summary>As the other, and with <paramref name="issue"/> the attempt's ref is created along with the workspace instead of looked at.</summary>
    internal async ValueTask<IWorkspace> AcquireAsync(WorkspaceRequest request, bool issue, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            GitRepository repository = await OpenAsync(request.Repository, cancellationToken).ConfigureAwait(false);
            return await MakeAsync(repository, FolderOf(repository), request, issue, cancellationToken).ConfigureAwait(false);
        }
        catch (IsolationException e) when (e.Attempt is null)
        {
            throw new IsolationException(e.Fault.Code, e.Fault.Message, e.Fault.Remedy, e) { Attempt = request.Lease.Attempt, Stage = Stage.Workspace };
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
        WorkersFolder folder = FolderOf(repository);
        return record.Notes.ContainsKey(WorkspaceNotes.CloneBranch)
            ? await PrivateCloneWorkspace.ReopenAsync(repository, record, new CloneRemoval(repository, time, folder, _trash), cancellationToken).ConfigureAwait(false)
            : await LinkedWorktree.ReopenAsync(repository, record, options as GitWorktreeOptions ?? new GitWorktreeOptions(), new WorktreeRemoval(repository, time, folder, _trash), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Completes when everything released so far is gone from the disk.</summary>
    public Task SettleAsync() => _trash.EmptyAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _trash.DisposeAsync();

    /// <summary>Makes a workspace, whole or not at all.</summary>
    protected abstract Task<GitWorkspace> MakeAsync(GitRepository repository, WorkersFolder folder, WorkspaceRequest request, bool issue, CancellationToken cancellationToken);

    private WorkersFolder FolderOf(GitRepository repository) => workers ?? WorkersFolder.Beside(repository.CommonDirectory);

    private async Task<GitRepository> OpenAsync(RepositoryRef repository, CancellationToken cancellationToken)
    {
        if (opened is not null && opened.Reference == repository)
        {
            return opened;
        }

        return await _repositories.OpenAsync(repository.Path, cancellationToken).ConfigureAwait(false);
    }
}
