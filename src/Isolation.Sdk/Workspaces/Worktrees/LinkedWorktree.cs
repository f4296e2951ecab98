using System.Collections.Frozen;
using Isolation.Sdk.Git;

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
