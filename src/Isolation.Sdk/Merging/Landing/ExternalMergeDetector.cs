using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

internal sealed class ExternalMergeDetector(QueueContext context, TargetHistory history)
{
    private const int MaxAtOnce = 200;
    private readonly HashSet<(string Target, string Head)> _looked = [];

    public async Task<IReadOnlyList<(QueueItem Item, string Commit)>> FindAsync(
        string target,
        IReadOnlyList<QueueItem> waiting,
        CancellationToken cancellationToken
    )
    {
        List<(QueueItem, string)> found = [];
        _looked.RemoveWhere(k => k.Target != target);
        QueueItem[] fresh = [.. waiting.Where(i => !_looked.Contains((target, i.Head))).Take(MaxAtOnce)];
        _looked.UnionWith(fresh.Select(i => (target, i.Head)));
        if (fresh.Length == 0)
        {
            return found;
        }

        // One process for all: what is not independent of the rest is contained in the target, or in another item.
        GitResult answer = await context
            .Repository.TryRunAsync(
                cancellationToken,
                ["merge-base", "--independent", target, .. fresh.Select(i => i.Head)]
            )
            .ConfigureAwait(false);
        HashSet<string> independent = [.. answer.Line.Split('\n')];
        foreach (QueueItem item in fresh)
        {
            bool maybeAncestor = item.Head == target || !independent.Contains(item.Head);
            string? commit = await TryFindAsync(item, target, maybeAncestor, cancellationToken).ConfigureAwait(false)
                ?? await FindSameChangeAsync(item, target, cancellationToken).ConfigureAwait(false);
            if (commit is not null)
            {
                found.Add((item, commit));
            }
        }

        return found;
    }

    public async Task<string?> TryFindAsync(
        QueueItem item,
        string target,
        bool maybeAncestor,
        CancellationToken cancellationToken
    )
    {
        if (history.Known(item.Attempt) is { } known)
        {
            return known.Commit;
        }

        if (
            !maybeAncestor
            || !await context.Repository.IsAncestorAsync(item.Head, target, cancellationToken).ConfigureAwait(false)
        )
        {
            return null;
        }

        GitResult path = await context
            .Repository.RunAsync(
                cancellationToken,
                "rev-list",
                "--first-parent",
                "--ancestry-path",
                "--parents",
                $"{item.Head}..{target}"
            )
            .ConfigureAwait(false);
        string[] oldest = path.Line.Split('\n')[^1].Split(' ');
        return oldest.Length < 2 || oldest[1] == item.Head ? item.Head : oldest[0];
    }

    // A forge that squashes or rebases leaves nothing of the commit but what it changed.
    private async Task<string?> FindSameChangeAsync(QueueItem item, string target, CancellationToken cancellationToken)
    {
        if (item.Files is not { Count: > 0 } files || item.Base == target)
        {
            return null;
        }

        IReadOnlyList<TargetCommit> since = await history
            .BetweenAsync(item.Base, target, cancellationToken)
            .ConfigureAwait(false);
        TargetCommit[] others = [.. since.Where(s => s is { Attempt: null, Parent: not null })];
        if (!files.All(f => others.Any(o => o.Files.Contains(f))))
        {
            return null;
        }

        HashSet<string> wanted = [.. files];
        TargetCommit[] whole = [.. others.Where(o => wanted.SetEquals(o.Files))];
        if (whole.Length > 0)
        {
            IReadOnlyDictionary<string, string> ids = await PatchIds
                .ReadAsync(
                    context.Repository,
                    [(item.Head, item.Base), .. whole.Select(o => (o.Commit, o.Parent!))],
                    cancellationToken
                )
                .ConfigureAwait(false);
            if (
                ids.TryGetValue(item.Head, out string? own)
                && whole.FirstOrDefault(o => ids.GetValueOrDefault(o.Commit) == own) is { } squashed
            )
            {
                return squashed.Commit;
            }
        }

        return await PatchIds
            .AreAllInAsync(context.Repository, target, item.Head, item.Base, cancellationToken)
            .ConfigureAwait(false)
            ? others.First(o => o.Files.Any(wanted.Contains)).Commit
            : null;
    }
}
