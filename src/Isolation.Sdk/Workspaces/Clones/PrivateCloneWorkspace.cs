using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

// A capture collects from it as from a stranger's.
internal sealed class PrivateCloneWorkspace(
    WorkspaceContext context,
    AttemptId attempt,
    WorkspaceInfo info,
    WorkspaceFacts facts,
    string? pinned
) : GitWorkspace(context, attempt, info, facts, pinned)
{
    private GitRepository Repository => Context.Repository;

    public static string GitDirectoryOf(string path) => Path.Combine(path, ".git");

    public override async Task<string?> ReadHeadAsync(
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

    public override async Task<CollectedWork> CollectAsync(
        CaptureGit git,
        string commit,
        List<string> tampering,
        CancellationToken cancellationToken
    )
    {
        UntrustedRefs refs = git.IsTrusted
            ? RefReader.ReadUntrusted(Info.GitDirectory, Repository.NullId.Length)
            : new UntrustedRefs([], true);
        if (!refs.IsAll)
        {
            tampering.Add(
                $"the refs in .git are more than {RefReader.MaxUntrusted}, or of a kind that cannot be "
                    + $"read: not all were kept"
            );
        }

        KeyValuePair<string, string>[] others =
        [
            .. refs.Found.Where(r => r.Value != commit && r.Value != Info.BaseCommit && r.Value != git.Head),
        ];
        using CloneCollector collector = new(Repository, Info.BaseCommit, CloneCollector.Folder(Info), git.Objects);
        IReadOnlyCollection<string> here = await collector
            .FetchAsync(commit, [.. others.Select(r => r.Value).Distinct()], cancellationToken)
            .ConfigureAwait(false);
        if (git.IsTrusted)
        {
            CloneLfs.Collect(Repository, Info.GitDirectory);
        }

        List<KeyValuePair<string, string>> had = [.. others.Where(r => here.Contains(r.Value))];
        bool isAll = refs.IsAll && had.Count == others.Length;
        string own = commit;
        if (commit != Info.BaseCommit)
        {
            commit = await new HistoryFromBase(Repository, Info, Attempt)
                .RestoreAsync(commit, cancellationToken)
                .ConfigureAwait(false);
        }

        if (commit != own)
        {
            // A history that does not start from the base would bring in more than was made, or take something back: it
            // is pinned beside the files, which count.
            had.Insert(0, new("HEAD", own));
        }

        (IReadOnlyDictionary<string, string> kept, bool whole) = await new ExtraRefs(Repository, Attempt)
            .PinAsync(had, commit, Facts.Excluded, cancellationToken)
            .ConfigureAwait(false);
        return new CollectedWork(commit, kept, whole && isAll);
    }

    protected override Task RemoveAsync(
        bool everything,
        string? idleAt,
        string? to,
        CancellationToken cancellationToken
    ) => new WorkspaceRemoval(Context).RemoveCloneAsync(Info, to);

    // About to be made, or nearly gone: what else is in there is the state's.
    public static bool IsFolderLeft(string path) =>
        Path.GetDirectoryName(path) is { } folder
        && Directory.Exists(folder)
        && Directory.EnumerateFileSystemEntries(folder).All(PinMarker.IsMarker);
}
