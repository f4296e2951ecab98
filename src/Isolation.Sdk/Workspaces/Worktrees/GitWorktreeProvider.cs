using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

internal sealed class GitWorktreeProvider(
    WorkspaceOptions options,
    TimeProvider time,
    WorkersDirectory? workers = null,
    GitRepositoryCache? repositories = null
) : GitWorkspaceProvider(options, time, workers, repositories)
{
    private const int MaxTries = 8;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);

    protected override IsolationGuarantees Seals => IsolationGuarantees.Files;

    protected override string BranchNote => WorkspaceNotes.Branch;

    protected override string? FindBranchConflict(GitRepository repository, string branch) =>
        BranchName.FindCaseTwin(repository, branch);

    protected override WorkspaceInfo Describe(WorkspaceCreation creation, string path, string branch) =>
        new(path, "", branch, creation.Request.BaseCommit);

    protected override async Task PinAsync(
        WorkspaceCreation creation,
        string branch,
        CancellationToken cancellationToken
    )
    {
        GitRepository repository = creation.Repository;
        string id = creation.Request.BaseCommit;
        if (FindBranchConflict(repository, branch) is { } twin)
        {
            throw Conflict(branch, twin);
        }

        // It is this attempt's turn still, and the branch is new: git looks for every conflict of names before it
        // writes anything.
        string attemptRef = AttemptNames.RefName(creation.Attempt);
        RefTransaction transaction = new RefTransaction().Create($"refs/heads/{branch}", id);
        _ = creation.IssuesAttempt ? transaction.Create(attemptRef, id) : transaction.Verify(attemptRef, id);
        GitCommand update = GitCommand.In(
            repository.CommonDirectory,
            [.. "update-ref --stdin -z --create-reflog".Split(' ')]
        ) with
        {
            Input = transaction.ToInput(),
        };
        GitResult answer = await repository.Client.TryRunAsync(update, cancellationToken).ConfigureAwait(false);
        if (answer.Ok)
        {
            return;
        }

        string said = answer.ErrorLine;
        bool Says(string words) => said.Contains(words);
        throw Says(attemptRef) ? creation.NotIssued(said)
        : Says("nonexistent object") || Says("non-commit object")
            ? new IsolationException(
                GitCodes.UnknownRevision,
                $"The repository has no commit {id}.",
                "Fetch it, or start from a commit that is here."
            )
        : Says("exist") ? Conflict(branch, said)
        : GitClient.Failed(update, answer);
    }

    protected override async Task<WorkspaceInfo> AddGitAsync(
        WorkspaceCreation creation,
        WorkspaceInfo info,
        MaterializedFiles files,
        CancellationToken cancellationToken
    )
    {
        info = info with { GitDirectory = await AddAsync(creation, info, cancellationToken).ConfigureAwait(false) };
        await creation
            .NoteAsync(WorkspaceNotes.GitDirectory, info.GitDirectory, cancellationToken)
            .ConfigureAwait(false);
        await files.CompleteAsync(info, [], cancellationToken).ConfigureAwait(false);
        return info;
    }

    protected override GitWorkspace Open(WorkspaceCreation creation, WorkspaceInfo info, WorkspaceFacts facts) =>
        new LinkedWorktree(creation.Context, creation.Attempt, info, facts, info.BaseCommit);

    // No branch without worktree, no worktree without lease.
    protected override Func<Task>[] Undo(WorkspaceRemoval removal, WorkspaceInfo info) =>
        [
            () => removal.RemoveWorktreeAsync(info.Path, null, null, CancellationToken.None),
            () => removal.DeleteBranchAsync(info.Branch!, info.BaseCommit, CancellationToken.None),
        ];

    private static IsolationException Conflict(string branch, string why) =>
        new(
            WorkspaceCodes.BranchConflict,
            $"The branch '{branch}' cannot be created: {why}.",
            "Delete or rename the other branch, or choose another BranchTemplate."
        );

    private static async Task<string> AddAsync(
        WorkspaceCreation creation,
        WorkspaceInfo info,
        CancellationToken cancellationToken
    )
    {
        (WorkspaceContext context, GitRepository repository) = (creation.Context, creation.Repository);
        using OsFileLock held = await context.LockAsync(cancellationToken).ConfigureAwait(false);
        WorktreeEntryWriter writer = new(repository, context.Time);
        if (writer.IsPossible)
        {
            WorktreeEntries.QuarantineHalfMade(repository, context.Time.GetUtcNow());
            return writer.Write(creation.Attempt, info.Path, info.Branch!, info.BaseCommit);
        }

        GitCommand add = GitCommand.In(
            repository.CommonDirectory,
            [
                .. "worktree add --quiet --no-checkout --lock --reason".Split(' '),
                $"isolation attempt {AttemptNames.FileName(creation.Attempt)}",
                "--",
                info.Path,
                info.Branch!,
            ]
        );
        TimeSpan pause = FirstPause;
        for (int tried = 1; ; tried++)
        {
            WorktreeEntries.QuarantineHalfMade(repository, context.Time.GetUtcNow());
            GitResult answer = await repository.Client.TryRunAsync(add, cancellationToken).ConfigureAwait(false);
            if (answer.Ok)
            {
                string entry = WorktreeEntries.Pointer(info.Path) ?? throw GitClient.Failed(add, answer);
                WorktreeEntryWriter.WriteSettings(repository, entry, info.Path);
                return entry;
            }

            if (tried == MaxTries || !IsPassing(answer.Error))
            {
                throw GitClient.Failed(add, answer);
            }

            // Who does not take our lock adds or removes a worktree this moment, or died in it.
            if (WorktreeEntries.Find(repository, info.Path) is { } half)
            {
                context.Trash.Discard(half, WorkspaceRemoval.EntryTrashOf(repository));
            }

            context.Trash.Discard(info.Path, context.Workers.Trash);
            await Task.Delay(pause, context.Time, cancellationToken).ConfigureAwait(false);
            pause *= 2;
        }
    }

    private static bool IsPassing(string error) =>
        error.Contains("commondir") || error.Contains(".lock") || error.Contains("not a git repository");
}
