using System.Collections.Frozen;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Workspaces;

internal sealed class LinkedWorktree(
    WorkspaceContext context,
    AttemptId attempt,
    WorkspaceInfo info,
    WorkspaceFacts facts,
    string? pinned
) : GitWorkspace(context, attempt, info, facts, pinned)
{
    // No worktree has it: that of a work tree never starts with a dot.
    private const string NoEntry = ".none";

    public static async Task<LinkedWorktree?> ReopenAsync(
        WorkspaceContext context,
        LeaseRecord record,
        CancellationToken cancellationToken
    )
    {
        GitRepository repository = context.Repository;
        string path = record.Notes[WorkspaceNotes.Path],
            attemptRef = AttemptNames.RefName(record.Attempt);
        if (!record.Notes.TryGetValue(WorkspaceNotes.Branch, out string? branch))
        {
            return null;
        }

        IReadOnlyDictionary<string, string> refs = await repository
            .ListRefsAsync(cancellationToken, attemptRef, $"refs/heads/{branch}")
            .ConfigureAwait(false);
        string? gitDirectory = record.Notes.GetValueOrDefault(WorkspaceNotes.GitDirectory)
            ?? WorktreeEntries.Find(repository, path);
        if (
            !Directory.Exists(path)
            && (gitDirectory is null || !Directory.Exists(gitDirectory))
            && !refs.ContainsKey($"refs/heads/{branch}")
        )
        {
            return null;
        }

        WorkspaceFacts facts = WorkspaceFacts.FromJson(record.Notes.GetValueOrDefault(WorkspaceNotes.Made));
        WorkspaceInfo info = new(
            path,
            gitDirectory ?? Path.Combine(repository.CommonDirectory, "worktrees", NoEntry),
            branch,
            record.Notes.GetValueOrDefault(WorkspaceNotes.Base) ?? refs.GetValueOrDefault(attemptRef, repository.NullId)
        )
        {
            CheckedOutBy = facts.CheckedOutBy,
        };
        return new LinkedWorktree(context, record.Attempt, info, facts, refs.GetValueOrDefault(attemptRef));
    }

    public override Task<string?> ReadHeadAsync(
        CaptureGit git,
        List<string> tampering,
        CancellationToken cancellationToken
    ) => git.ReadHeadAsync(cancellationToken);

    public override Task<CollectedWork> CollectAsync(
        CaptureGit git,
        string commit,
        List<string> tampering,
        CancellationToken cancellationToken
    ) => Task.FromResult(new CollectedWork(commit, FrozenDictionary<string, string>.Empty));

    public override string? FindBranchToMove(GitStatus? status) =>
        Context.Options.LeftoversOnBranch && status?.Branch == Info.Branch ? Info.Branch : null;

    protected override async Task RemoveAsync(
        bool everything,
        string? idleAt,
        string? to,
        CancellationToken cancellationToken
    )
    {
        WorkspaceRemoval removal = new(Context);
        await removal.RemoveWorktreeAsync(Info.Path, Info.GitDirectory, to, cancellationToken).ConfigureAwait(false);
        if (Info.Branch is { } branch && (everything || idleAt is not null))
        {
            // A branch that moved beyond what is pinned stays.
            await removal
                .DeleteBranchAsync(branch, everything ? null : idleAt, cancellationToken)
                .ConfigureAwait(false);
        }
    }
}
