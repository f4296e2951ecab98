using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk;

/// <summary>
/// A workspace to work in and throw away: no pipeline, no options. Disposing it removes the directory, its branch and
/// everything else of it; commits worth keeping go onto another branch first.
/// </summary>
public sealed class StandaloneWorkspace : IAsyncDisposable
{
    private const string ItemPrefix = "throwaway-";
    private readonly GitWorkspaceProvider _provider;
    private readonly GitRepository _repository;
    private readonly AttemptLease _lease;
    private readonly IWorkspace _workspace;

    private StandaloneWorkspace(
        GitWorkspaceProvider provider,
        GitRepository repository,
        AttemptLease lease,
        IWorkspace workspace
    )
    {
        _provider = provider;
        _repository = repository;
        _lease = lease;
        _workspace = workspace;
    }

    /// <summary>The absolute path of the work tree.</summary>
    public string Path => _workspace.Info.Path;

    /// <summary>The branch it is on, short form; no other workspace is on it.</summary>
    public string Branch => _workspace.Info.Branch!;

    /// <summary>The commit it started from.</summary>
    public string BaseCommit => _workspace.Info.BaseCommit;

    /// <summary>
    /// Creates a linked worktree in the folder <c>&lt;repository&gt;.workers</c> beside the repository. What a killed
    /// process left there is removed on the way.
    /// </summary>
    /// <param name="repositoryPath">
    /// A checkout, a linked worktree or a bare repository; relative paths start at the process's current directory.
    /// </param>
    /// <param name="revision">
    /// Where to start: anything git takes for a commit. <value>HEAD, as <paramref name="repositoryPath"/> sees
    /// it.</value>
    /// </param>
    /// <param name="cancellationToken">A token to cancel the operation and roll it back.</param>
    /// <exception cref="IsolationException">
    /// ISO0204: not a repository. ISO0206: no such commit. ISO0207: no commit yet. ISO0301: the folder is not writable.
    /// </exception>
    public static Task<StandaloneWorkspace> CreateWorktreeAsync(
        string repositoryPath,
        string revision = "HEAD",
        CancellationToken cancellationToken = default
    ) =>
        CreateAsync(
            repositoryPath,
            revision,
            repositories => new GitWorktreeProvider(new WorkspaceOptions(), TimeProvider.System, null, repositories)
            {
                MakesTemplates = false,
            },
            cancellationToken
        );

    /// <summary>
    /// Creates a private clone, like <see cref="CreateWorktreeAsync"/>: it borrows the repository's objects, everything
    /// else is its own, and nothing done in it shows in the repository. <c>git fetch &lt;path&gt; HEAD</c> takes over
    /// commits worth keeping, if you trust who worked there.
    /// </summary>
    /// <inheritdoc cref="CreateWorktreeAsync"/>
    public static Task<StandaloneWorkspace> CreateCloneAsync(
        string repositoryPath,
        string revision = "HEAD",
        CancellationToken cancellationToken = default
    ) =>
        CreateAsync(
            repositoryPath,
            revision,
            repositories => new PrivateCloneProvider(new WorkspaceOptions(), TimeProvider.System, null, repositories)
            {
                MakesTemplates = false,
            },
            cancellationToken
        );

    /// <summary>Removes it, with everything that is in it. A second call does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync(_workspace, _lease, _repository).ConfigureAwait(false);
        await _provider.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<StandaloneWorkspace> CreateAsync(
        string repositoryPath,
        string revision,
        Func<GitRepositoryCache, GitWorkspaceProvider> choose,
        CancellationToken cancellationToken
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(repositoryPath);
        ArgumentException.ThrowIfNullOrEmpty(revision);
        string path = System.IO.Path.GetFullPath(repositoryPath);
        GitRepository repository = await GitOpener.OpenAsync(path, cancellationToken).ConfigureAwait(false);
        string commit = await ResolveAsync(repository, path, revision, cancellationToken).ConfigureAwait(false);
        GitWorkspaceProvider provider = choose(new GitRepositoryCache(opened: repository));
        LeaseStore store = new(repository.CommonDirectory, repository.Reference, TimeProvider.System);
        await SweepAsync(store, provider, repository, cancellationToken).ConfigureAwait(false);
        AttemptLease lease = store.Create(new AttemptId($"{ItemPrefix}{Guid.NewGuid():n}", 1));
        try
        {
            IWorkspace workspace = await provider
                .AcquireAsync(new WorkspaceRequest(lease, repository.Reference, commit), issue: true, cancellationToken)
                .ConfigureAwait(false);
            return new StandaloneWorkspace(provider, repository, lease, workspace);
        }
        catch
        {
            await EndAsync(null, lease, repository).ConfigureAwait(false);
            await provider.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<string> ResolveAsync(
        GitRepository repository,
        string path,
        string revision,
        CancellationToken cancellationToken
    )
    {
        string? commit = await repository
            .TryResolveCommitAsync(revision, path, cancellationToken)
            .ConfigureAwait(false);
        if (commit is not null)
        {
            return commit;
        }

        throw revision == "HEAD"
            ? new IsolationException(
                GitCodes.EmptyRepository,
                $"'{path}' has no commit yet.",
                "Make a first commit: a worktree starts from one."
            )
            : new IsolationException(
                GitCodes.UnknownRevision,
                $"'{revision}' means no commit in '{path}'.",
                "Give a branch, a tag or a commit id that 'git rev-parse' knows."
            );
    }

    private static async Task SweepAsync(
        LeaseStore store,
        GitWorkspaceProvider provider,
        GitRepository repository,
        CancellationToken cancellationToken
    )
    {
        foreach (
            LeaseRecord record in store
                .List()
                .Where(r => r.Attempt.Item.StartsWith(ItemPrefix, StringComparison.Ordinal))
        )
        {
            if (store.TryTakeOver(record) is { } dead)
            {
                await EndAsync(
                        await provider.ReopenAsync(record, cancellationToken).ConfigureAwait(false),
                        dead,
                        repository
                    )
                    .ConfigureAwait(false);
            }
        }
    }

    private static async Task EndAsync(IWorkspace? workspace, AttemptLease lease, GitRepository repository)
    {
        if (workspace is not null)
        {
            await workspace.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
        }

        await repository
            .TryUpdateAsync(new RefTransaction().Delete(AttemptNames.RefName(lease.Attempt)), CancellationToken.None)
            .ConfigureAwait(false);
        lease.Complete();
        lease.Dispose();
    }
}
