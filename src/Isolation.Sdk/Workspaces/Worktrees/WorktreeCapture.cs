using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

/// <summary>Captures from a linked worktree, whose objects are the repository's already.</summary>
internal sealed class WorktreeCapture(
    GitRepository repository,
    AttemptId attempt,
    WorkspaceInfo info,
    WorkspaceFacts facts,
    GitWorktreeOptions options
) : WorkspaceCapture(repository, attempt, info, facts)
{
    protected override IReadOnlyDictionary<string, string> TakeFingerprint() =>
        Fingerprint.Take(Repository.CommonDirectory, Info.GitDirectory, Info.Path);

    protected override Task<string?> ReadHeadAsync(
        CaptureGit git,
        List<string> tampering,
        CancellationToken cancellationToken
    ) => git.ReadHeadAsync(cancellationToken);

    protected override Task<CollectedWork> CollectAsync(
        CaptureGit git,
        string commit,
        IReadOnlyList<string> strangers,
        List<string> tampering,
        CancellationToken cancellationToken
    ) => Task.FromResult(new CollectedWork(commit, []));

    protected override string? BranchToMove(GitStatus? status) =>
        options.LeftoversOnBranch && status?.Branch == Info.Branch ? Info.Branch : null;
}
