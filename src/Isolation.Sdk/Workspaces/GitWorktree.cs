using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk;

/// <summary>A worktree to work in and throw away: no pipeline, no options. Disposing it removes the directory, its branch and everything git knew of it; commits worth keeping go onto another branch first.</summary>
public sealed class GitWorktree : IAsyncDisposable
{
    private const string ItemPrefix = "throwaway-";
    private readonly GitWorktreeProvider _provider;
    private readonly GitRepository _repository;
    private readonly AttemptLease _lease;
    private readonly IWorkspace _workspace;

    private GitWorktree(GitWorktreeProvider provider, GitRepository repository, AttemptLease lease, IWorkspace workspace)
    {
        _provider = provider;
        _repository = repository;
        _lease = lease;
        _workspace = workspace;
    }

    /// <summary>The absolute path of the work tree.</summary>
    public string Path => _workspace.Info.Path;

    /// <summary>Its branch, short form; nobody else's.</summary>
    public string Branch => _workspace.Info.Branch!;

    /// <summary>The commit it started from.</summary>
    public string BaseCommit => _workspace.Info.BaseCommit;

    /// <summary>Makes a worktree in the folder <c>&lt;repository&gt;.workers</c> beside the repository. What a killed process left of its own there is removed on the way.</summary>
    /// <param name="repositoryPath">A checkout, a linked worktree or a bare repository; relative paths start at the process's current directory.</param>
    /// <param name="revision">Where to start: anything git takes for a commit. <value>HEAD, as <paramref name="repositoryPath"/> sees it.</value></param>
    /// <param name="cancellationToken">Ends the work and rolls it back.</param>
    /// <exception cref="IsolationException">ISO0204: not a repository. ISO0206: no such commit. ISO0207: no commit yet. ISO0301: the folder is not writable.</exception>
    public static async Task<GitWorktree> CreateAsync(string repositoryPath, string revision = "HEAD", CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(repositoryPath);
        ArgumentException.ThrowIfNullOrEmpty(revision);
        string path = System.IO.Path.GetFullPath(repositoryPath);
        GitRepository repository = await GitHost.OpenAsync(path, cancellationToken).ConfigureAwait(false);
        string commit = await ResolveAsync(repository, path, revision, cancellationToken).ConfigureAwait(false);
        GitWorktreeProvider provider = new(new GitWorktreeOptions(), TimeProvider.System, null, repository);
        LeaseStore store = new(repository.CommonDirectory, repository.Reference, TimeProvider.System);
        await SweepAsync(store, provider, repository, cancellationToken).ConfigureAwait(false);
        AttemptLease lease = store.Create(new AttemptId($"{ItemPrefix}{Guid.NewGuid():n}", 1));
        try
        {
            IWorkspace workspace = await provider.AcquireAsync(new WorkspaceRequest(lease, repository.Reference, commit), issue: true, cancellationToken).ConfigureAwait(false);
            return new GitWorktree(provider, repository, lease, workspace);
        }
        catch
        {
            await repository.TryUpdateAsync(new RefTransaction().Delete(AttemptNames.Ref(lease.Attempt)), CancellationToken.None).ConfigureAwait(false);
            lease.Complete();
            await provider.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Removes it, with everything that is in it. A second call does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync(_workspace, _lease, _repository).ConfigureAwait(false);
        await _provider.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<string> ResolveAsync(GitRepository repository, string path, string revision, CancellationToken cancellationToken)
    {
        GitResult answer = await repository.Client.TryRunAsync(GitCommand.In(path, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"), cancellationToken).ConfigureAwait(false);
        if (answer.Ok)
        {
            return answer.Line;
        }

        throw revision == "HEAD"
            ? new IsolationException(GitCodes.EmptyRepository, $"'{path}' has no commit yet.", "Make a first commit: a worktree starts from one.")
            : new IsolationException(GitCodes.UnknownRevision, $"'{revision}' means no commit in '{path}'.", "Give a branch, a tag or a commit id that 'git rev-parse' knows.");
    }

    private static async Task SweepAsync(LeaseStore store, GitWorktreeProvider provider, GitRepository repository, CancellationToken cancellationToken)
    {
        foreach (LeaseRecord record in store.List().Where(r => r.Attempt.Item.StartsWith(ItemPrefix, StringComparison.Ordinal)))
        {
            if (store.TryTakeOver(record) is { } dead)
            {
                await EndAsync(await provider.ReopenAsync(record, cancellationToken).ConfigureAwait(false), dead, repository).ConfigureAwait(false);
            }
        }
    }

    private static async Task EndAsync(IWorkspace? workspace, AttemptLease lease, GitRepository repository)
    {
        if (workspace is not null)
        {
            await workspace.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
        }

        await repository.TryUpdateAsync(new RefTransaction().Delete(AttemptNames.Ref(lease.Attempt)), CancellationToken.None).ConfigureAwait(false);
        lease.Complete();
        lease.Dispose();
    }
}
