using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>
/// Finds what an item's own changes start from. Usually git knows: the last commit it has in common with the target.
/// Not so for work that was begun on another item's commits, which have landed as other commits (squashed, rebased):
/// git would merge those once more.
/// </summary>
internal sealed class MergeBaseFinder(QueueContext context, TargetHistory history)
{
    private GitRepository Repository => context.Repository;

    /// <returns>The commit to start from; <see langword="null"/> for what git finds. No process when the item's base is
    /// on the target's line.</returns>
    public async Task<string?> FindAsync(
        QueueItem item,
        string target,
        IReadOnlyList<Candidate> ahead,
        IReadOnlyList<TargetCommit> since,
        CancellationToken cancellationToken
    )
    {
        string[] heads =
        [
            .. since
                .Select(s => s.Head)
                .OfType<string>()
                .Concat(
                    ahead.Where(l => !l.Commits.Contains(l.Item.Head, StringComparer.Ordinal)).Select(l => l.Item.Head)
                )
                .Where(h => h != item.Head)
                .Distinct(StringComparer.Ordinal),
        ];
        if (
            context.Policy.Options.Mode == MergeMode.FastForward
            || heads.Length == 0
            || history.Contains(item.Base, target)
        )
        {
            return null;
        }

        string tip = ahead.Count == 0 ? target : ahead[^1].Commit;
        if (await Repository.IsAncestorAsync(item.Base, tip, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        // Is the base one of the commits that landed under another name, or below one?
        GitResult independent = await Repository
            .TryRunAsync(cancellationToken, ["merge-base", "--independent", item.Base, .. heads])
            .ConfigureAwait(false);
        bool landed =
            heads.Contains(item.Base, StringComparer.Ordinal)
            || (independent.Ok && !independent.Line.Split('\n').Contains(item.Base, StringComparer.Ordinal));
        if (!landed)
        {
            return null;
        }

        // Who has merged the target since then has a newer commit in common with it.
        GitResult common = await Repository
            .TryRunAsync(cancellationToken, "merge-base", tip, item.Head)
            .ConfigureAwait(false);
        return
            !common.Ok
            || await Repository.IsAncestorAsync(common.Line, item.Base, cancellationToken).ConfigureAwait(false)
            ? item.Base
            : null;
    }
}
