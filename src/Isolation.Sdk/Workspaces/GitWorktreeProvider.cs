using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;

namespace Isolation.Sdk.Workspaces;

/// <summary>Linked worktrees: a directory of its own, on a branch of its own, objects and refs shared with the repository.</summary>
internal sealed class GitWorktreeProvider(GitWorktreeOptions options, TimeProvider time, WorkersFolder? workers = null, GitRepository? opened = null, GitRepositories? repositories = null) : IWorkspaceProvider, IAsyncDisposable
{
    private readonly GitRepositories _repositories = repositories ?? new GitRepositories();
    private readonly Trash _trash = new();

    /// <inheritdoc/>
    public ValueTask<AxisReport> ProbeAsync(RepositoryRef repository, CancellationToken cancellationToken = default) => WorktreeProbe.RunAsync(repository, options, workers, _repositories, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IWorkspace> AcquireAsync(WorkspaceRequest request, CancellationToken cancellationToken = default) => AcquireAsync(request, issue: false, cancellationToken);

    /// <summary>As the other, and with <paramref name="issue"/> the attempt's ref is created along with the branch instead of looked at.</summary>
    internal async ValueTask<IWorkspace> AcquireAsync(WorkspaceRequest request, bool issue, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            GitRepository repository = await OpenAsync(request.Repository, cancellationToken).ConfigureAwait(false);
            WorktreeMaker maker = new(options, time, workers ?? WorkersFolder.Beside(repository.CommonDirectory), _trash, repository, request) { Issue = issue };
            return await maker.MakeAsync(cancellationToken).ConfigureAwait(false);
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
        if (!record.Notes.TryGetValue(WorkspaceNotes.Path, out string? path) || !record.Notes.TryGetValue(WorkspaceNotes.Branch, out string? branch))
        {
            return null;
        }

        GitRepository repository = await OpenAsync(record.Repository, cancellationToken).ConfigureAwait(false);
        string attemptRef = AttemptNames.Ref(record.Attempt);
        GitResult answer = await repository.RunAsync(cancellationToken, "for-each-ref", "--format=%(refname) %(objectname)", attemptRef, $"refs/heads/{branch}").ConfigureAwait(false);
        Dictionary<string, string> refs = answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')).ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);
        string? gitDirectory = record.Notes.GetValueOrDefault(WorkspaceNotes.GitDirectory) ?? WorktreeEntries.Find(repository, path);
        bool anything = Directory.Exists(path) || (gitDirectory is not null && Directory.Exists(gitDirectory)) || refs.ContainsKey($"refs/heads/{branch}");
        if (!anything)
        {
            return null;
        }

        string baseCommit = record.Notes.GetValueOrDefault(WorkspaceNotes.Base) ?? refs.GetValueOrDefault(attemptRef, repository.NullId);
        WorkspaceInfo info = new(path, gitDirectory ?? Path.Combine(path, ".git"), branch, baseCommit);
        WorkspaceFacts facts = WorkspaceFacts.FromJson(record.Notes.GetValueOrDefault(WorkspaceNotes.Made));
        WorktreeRemoval removal = new(repository, time, workers ?? WorkersFolder.Beside(repository.CommonDirectory), _trash);
        return new GitWorkspace(repository, record.Attempt, info, facts, options, removal, refs.GetValueOrDefault(attemptRef));
    }

    /// <summary>Completes when everything released so far is gone from the disk.</summary>
    public Task SettleAsync() => _trash.EmptyAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _trash.DisposeAsync();

    private async Task<GitRepository> OpenAsync(RepositoryRef repository, CancellationToken cancellationToken)
    {
        if (opened is not null && opened.Reference == repository)
        {
            return opened;
        }

        return await _repositories.OpenAsync(repository.Path, cancellationToken).ConfigureAwait(false);
    }
}
