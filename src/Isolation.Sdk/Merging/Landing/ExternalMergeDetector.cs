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
            if (
                await TryFindAsync(item, target, !independent.Contains(item.Head), cancellationToken)
                    .ConfigureAwait(false) is
                { } commit
            )
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
}
