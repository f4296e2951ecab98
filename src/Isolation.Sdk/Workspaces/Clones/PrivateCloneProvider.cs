using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

// Only the objects it starts from are borrowed.
internal sealed class PrivateCloneProvider(
    WorkspaceOptions options,
    TimeProvider time,
    WorkersDirectory? workers = null,
    GitRepositoryCache? repositories = null
) : GitWorkspaceProvider(options, time, workers, repositories)
{
    private readonly CloneSettings _settings = new();

    protected override IsolationGuarantees Seals =>
        IsolationGuarantees.Files
        | IsolationGuarantees.Refs
        | IsolationGuarantees.GitConfig
        | IsolationGuarantees.Hooks
        | IsolationGuarantees.Stash;

    protected override string BranchNote => WorkspaceNotes.CloneBranch;

    protected override WorkspaceInfo Describe(WorkspaceCreation creation, string path, string branch) =>
        new(path, PrivateCloneWorkspace.GitDirectoryOf(path), branch, creation.Request.BaseCommit);

    // The attempt's ref holds what the clone borrows.
    protected override async Task PinAsync(
        WorkspaceCreation creation,
        string branch,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        (GitRepository repository, string commit) = (creation.Repository, creation.Request.BaseCommit);
        string name = AttemptNames.RefName(creation.Attempt);
        bool pinned = creation.IssuesAttempt
            ? await repository
                .TryUpdateAsync(new RefTransaction().Create(name, commit), cancellationToken)
                .ConfigureAwait(false)
            : (
                RefReader.Read(repository.CommonDirectory, name)
                ?? await repository.TryResolveCommitAsync(name, cancellationToken).ConfigureAwait(false)
            ) == commit;
        if (!pinned)
        {
            throw creation.NotIssued("its ref is not there");
        }
    }

    protected override async Task<WorkspaceInfo> AddGitAsync(
        WorkspaceCreation creation,
        WorkspaceInfo info,
        MaterializedFiles files,
        CancellationToken cancellationToken
    )
    {
        GitRepository repository = creation.Repository;
        GitSettings theirs = await _settings.ReadAsync(repository, cancellationToken).ConfigureAwait(false);
        new CloneWriter(creation.Context).Write(info, theirs);

        if (repository.IsPartial)
        {
            await new PromisedObjects(repository)
                .FetchTreeAsync(info.BaseCommit, cancellationToken)
                .ConfigureAwait(false);
        }

        // Large files come from the repository's own remote; the clone is not told of it.
        await files
            .CompleteAsync(
                info,
                GitLfs.IsSetUp(repository) && CloneSettings.OriginOf(theirs) is { } origin
                    ? [new("remote.origin.url", origin)]
                    : [],
                cancellationToken
            )
            .ConfigureAwait(false);
        CloneLfs.Unlink(info.GitDirectory);
        GitSettings addresses = await CloneSubmodules
            .ResolveAsync(repository, info.Path, theirs, cancellationToken)
            .ConfigureAwait(false);
        if (addresses.Count > 0)
        {
            string config = Path.Combine(info.GitDirectory, "config");
            await File.AppendAllTextAsync(config, CloneSettings.Write(addresses), cancellationToken)
                .ConfigureAwait(false);
        }

        return info;
    }

    protected override GitWorkspace Open(WorkspaceCreation creation, WorkspaceInfo info, WorkspaceFacts facts) =>
        new PrivateCloneWorkspace(creation.Context, creation.Attempt, info, facts, info.BaseCommit);

    protected override Func<Task>[] Undo(WorkspaceRemoval removal, WorkspaceInfo info) =>
        [() => removal.RemoveCloneAsync(info, null)];
}
