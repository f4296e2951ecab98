using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

/// <summary>Captures from a private clone: looks at it in the worker's scope, and collects from it as from a stranger's.</summary>
internal sealed class CloneCapture(
    GitRepository repository,
    AttemptId attempt,
    WorkspaceInfo info,
    WorkspaceFacts facts
) : WorkspaceCapture(repository, attempt, info, facts)
{
    protected override IReadOnlyDictionary<string, string> TakeFingerprint() =>
        CloneFingerprint.Take(Info.GitDirectory);

    protected override string? BranchToMove(GitStatus? status) => null;

    protected override async Task<string?> ReadHeadAsync(
        CaptureGit git,
        List<string> tampering,
        CancellationToken cancellationToken
    )
    {
        string? head = git.IsTrusted ? await git.TryOwnHeadAsync(cancellationToken).ConfigureAwait(false) : null;
        if (git.IsTrusted && head is null)
        {
            // Only its files can be had, so the rest is kept for someone to look at.
            tampering.Add("what HEAD is in .git cannot be read");
        }

        return head;
    }

    protected override async Task<CollectedWork> CollectAsync(
        CaptureGit git,
        string commit,
        IReadOnlyList<string> strangers,
        List<string> tampering,
        CancellationToken cancellationToken
    )
    {
        CloneRefs refs = git.IsTrusted ? CloneRefs.Read(Info.GitDirectory, Repository.NullId.Length) : CloneRefs.None;
        if (!refs.IsAll)
        {
            tampering.Add(
                $"the refs in .git are more than {CloneRefs.MaxRefs}, or of a kind that cannot be read: not all were kept"
            );
        }

        KeyValuePair<string, string>[] others =
        [
            .. refs.Found.Where(r => r.Value != commit && r.Value != Info.BaseCommit),
        ];
        using CloneCollector collector = new(Repository, Info, git.Objects);
        IReadOnlyCollection<string> here = await collector
            .FetchAsync(commit, [.. others.Select(r => r.Value).Distinct(StringComparer.Ordinal)], cancellationToken)
            .ConfigureAwait(false);
        if (git.IsTrusted)
        {
            CloneLfs.Collect(Repository, Info.GitDirectory);
        }

        KeyValuePair<string, string>[] had = [.. others.Where(r => here.Contains(r.Value))];
        if (commit == Info.BaseCommit || await DescendsAsync(commit, cancellationToken).ConfigureAwait(false))
        {
            (IReadOnlyList<CapturedRef> finds, bool all) = await new CloneExtraRefs(Repository, Attempt)
                .PinAsync(had, commit, strangers, cancellationToken)
                .ConfigureAwait(false);
            return new CollectedWork(commit, finds, all && refs.IsAll && had.Length == others.Length);
        }

        // A history that does not start from the base would bring in more than was made, or take something back. The files are what counts; the history is pinned beside them.
        string onBase = await Repository
            .CommitTreeAsync(
                $"{commit}^{{tree}}",
                [Info.BaseCommit],
                $"Work of {Attempt}\n\nOn the commit it was given; the worker's own history does not start from there.",
                cancellationToken
            )
            .ConfigureAwait(false);
        (IReadOnlyList<CapturedRef> kept, bool whole) = await new CloneExtraRefs(Repository, Attempt)
            .PinAsync([new("HEAD", commit), .. had], onBase, strangers, cancellationToken)
            .ConfigureAwait(false);
        return new CollectedWork(onBase, kept, whole && refs.IsAll && had.Length == others.Length);
    }

    private async Task<bool> DescendsAsync(string commit, CancellationToken cancellationToken) =>
        (
            await Repository
                .TryRunAsync(cancellationToken, "merge-base", "--is-ancestor", Info.BaseCommit, commit)
                .ConfigureAwait(false)
        ).Ok;
}
