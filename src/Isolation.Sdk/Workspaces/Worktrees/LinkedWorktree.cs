using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

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
    public static string NoEntryOf(GitRepository repository) =>
        Path.Combine(repository.CommonDirectory, "worktrees", ".none");

    public override Task<string?> ReadHeadAsync(
        CaptureGit git,
        List<string> tampering,
        CancellationToken cancellationToken
    ) => git.ReadHeadAsync(cancellationToken);

    // Its objects are here already; but what only its own entry names goes with that entry.
    public override async Task<CollectedWork> CollectAsync(
        CaptureGit git,
        string commit,
        List<string> tampering,
        CancellationToken cancellationToken
    )
    {
        string own = commit;
        HistoryFromBase history = new(Context.Repository, Info, Attempt);
        if (commit != Info.BaseCommit && !history.IsPlain())
        {
            commit = await history.RestoreAsync(commit, cancellationToken).ConfigureAwait(false);
        }

        KeyValuePair<string, string>[] others =
        [
            .. commit == own ? Array.Empty<KeyValuePair<string, string>>() : [new("HEAD", own)],
            .. RefReader
                .ReadUntrusted(Info.GitDirectory, Context.Repository.NullId.Length)
                .Found.Where(r => r.Value != own && r.Value != Info.BaseCommit && r.Value != git.Head),
        ];
        (IReadOnlyDictionary<string, string> kept, bool whole) = await new ExtraRefs(Context.Repository, Attempt)
            .PinAsync(others, commit, Facts.Excluded, cancellationToken)
            .ConfigureAwait(false);
        return new CollectedWork(commit, kept, whole);
    }

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
        await new NestedWorktrees(Context.Repository, Info, Attempt)
            .RemoveAsync(Context, idleAt ?? AttemptNames.RefName(Attempt), cancellationToken)
            .ConfigureAwait(false);
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
