using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Workspaces;

/// <summary>A workspace without a pipeline around it: the attempt is issued, leased and ended here.</summary>
internal sealed class StandaloneWorkspace : IAsyncDisposable
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

    public WorkspaceInfo Info => _workspace.Info;

    public static async Task<StandaloneWorkspace> CreateAsync(
        string repositoryPath,
        string revision,
        Func<GitRepositoryCache, GitWorkspaceProvider> choose,
        CancellationToken cancellationToken
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(repositoryPath);
        ArgumentException.ThrowIfNullOrEmpty(revision);
        string path = Path.GetFullPath(repositoryPath);
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
            await repository
                .TryUpdateAsync(
                    new RefTransaction().Delete(AttemptNames.RefName(lease.Attempt)),
                    CancellationToken.None
                )
                .ConfigureAwait(false);
            lease.Complete();
            await provider.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync(_workspace, _lease, _repository).ConfigureAwait(false);
        await _provider.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<string> ResolveAsync(
        GitRepository repository,
        string path,
        string revision,
        CancellationToken cancellationToken
    )
    {
        GitResult answer = await repository
            .Client.TryRunAsync(
                GitCommand.In(path, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"),
                cancellationToken
            )
            .ConfigureAwait(false);
        if (answer.Ok)
        {
            return answer.Line;
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
