using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>Finds items that somebody else merged (a pull request, say): by ancestry, or by the trailers of the
/// target's commits.</summary>
internal sealed class ExternalMergeDetector(QueueContext context, TargetHistory history)
{
    private const int MaxAtOnce = 200;
    private readonly HashSet<(string Target, string Head)> _looked = [];

    /// <summary>Looks at those that wait; what does not wait is found when it is stacked.</summary>
    /// <returns>The items that are part of the target, with the commit that brought each.</returns>
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
        // If one of them has vanished, each is looked at by itself.
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

    /// <summary>The target's commit that brought an item in; <see langword="null"/> when it is not part of
    /// it.</summary>
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
