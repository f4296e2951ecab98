using System.Collections.Frozen;
using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

// Worktrees that a worker's own sub-agents made inside its workspace, and the branches that they made for them: kept as
// the rest of its work is, and removed with it.
internal sealed class NestedWorktrees(GitRepository repository, WorkspaceInfo info, AttemptId attempt)
{
    private readonly Nested[] _all =
    [
        .. info.HasOwnRepository
            ? []
            : WorktreeFiles
                .Entries(repository)
                .Where(e => WorktreeFiles.PathOf(e) is { } p && p != info.Path && FileSearch.Contains(info.Path, p))
                .Select(e => new Nested(e, WorktreeFiles.PathOf(e)!, WorktreeFiles.RefOf(e))),
    ];

    // As git status names them.
    public IEnumerable<string> Paths =>
        _all.Select(n => Path.GetRelativePath(info.Path, n.Path).Replace(Path.DirectorySeparatorChar, '/') + "/");

    // What is pinned, and the paths of those with uncommitted changes.
    public async Task<(IReadOnlyDictionary<string, string> Pinned, IReadOnlyList<string> Dirty)> CaptureAsync(
        CaptureGit git,
        string commit,
        CancellationToken cancellationToken
    )
    {
        if (_all.Length == 0)
        {
            return (FrozenDictionary<string, string>.Empty, []);
        }

        Dictionary<string, string> pinned = [];
        List<string> dirty = [];
        RefTransaction transaction = new();
        foreach (Nested worktree in _all)
        {
            if (await git.IsDirtyAsync(worktree.Path, worktree.Entry, cancellationToken).ConfigureAwait(false))
            {
                dirty.Add(worktree.Path);
            }

            if (
                Tip(worktree) is { } tip
                && tip != info.BaseCommit
                && !await repository.IsAncestorAsync(tip, commit, cancellationToken).ConfigureAwait(false)
            )
            {
                pinned[worktree.Branch ?? "HEAD"] = Pin(worktree);
                transaction.Update(
                    Pin(worktree),
                    tip,
                    RefReader.Read(repository.CommonDirectory, Pin(worktree)) ?? repository.NullId
                );
            }
        }

        bool done =
            pinned.Count == 0 || await repository.TryUpdateAsync(transaction, cancellationToken).ConfigureAwait(false);
        return (done ? pinned : FrozenDictionary<string, string>.Empty, done ? dirty : [.. _all.Select(n => n.Path)]);
    }

    // Its folder is gone, or in the trash. A branch goes if all that it has is kept; who made none loses none.
    public async Task RemoveAsync(WorkspaceContext context, string commit, CancellationToken cancellationToken)
    {
        if (_all.Length == 0)
        {
            return;
        }

        using OsFileLock held = await context.LockAsync(cancellationToken).ConfigureAwait(false);
        DateTimeOffset? since = Begun(info.GitDirectory, "HEAD");
        foreach (Nested worktree in _all)
        {
            if (
                worktree.Branch is { } branch
                && Begun(repository.CommonDirectory, branch) >= since
                && Tip(worktree) is { } tip
                && (
                    RefReader.Read(repository.CommonDirectory, Pin(worktree)) == tip
                    || await repository.IsAncestorAsync(tip, commit, cancellationToken).ConfigureAwait(false)
                )
            )
            {
                await repository
                    .TryUpdateAsync(new RefTransaction().Delete(branch, tip), cancellationToken)
                    .ConfigureAwait(false);
            }

            context.Trash.Discard(worktree.Entry, WorkspaceRemoval.EntryTrashOf(repository));
        }
    }

    private string? Tip(Nested worktree) =>
        worktree.Branch is { } branch
            ? RefReader.Read(repository.CommonDirectory, branch)
            : RefReader.ReadUntrustedHead(worktree.Entry, repository.NullId.Length);

    private string Pin(Nested worktree) =>
        AttemptNames.ExtraRefsPrefix(attempt) + $"worktrees/{Slug.Of(Path.GetFileName(worktree.Entry))}";

    // When a ref was made, by the first line of its log.
    private static DateTimeOffset? Begun(string gitDirectory, string name)
    {
        string file = Path.Combine(gitDirectory, "logs", name);
        string? line = DiskErrors.Try(() => File.ReadLines(file).FirstOrDefault());
        string[] words = line?.Split('\t')[0].Split(' ') ?? [];
        return words.Length > 3 && long.TryParse(words[^2], CultureInfo.InvariantCulture, out long seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
    }

    private sealed record Nested(string Entry, string Path, string? Branch);
}
