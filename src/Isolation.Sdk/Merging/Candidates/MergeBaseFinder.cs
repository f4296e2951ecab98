using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>
/// Usually git knows: the last commit in common with the target. Not so for work begun on another item's commits that
/// landed squashed or rebased: git would merge those once more.
/// </summary>
internal sealed class MergeBaseFinder(QueueContext context, TargetHistory history)
{
    private GitRepository Repository => context.Repository;

    public async Task<string?> FindAsync(
        QueueItem item,
        string target,
        IReadOnlyList<Candidate> ahead,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<TargetCommit> since = await history
            .BetweenAsync(item.Base, target, cancellationToken)
            .ConfigureAwait(false);
        string[] heads =
        [
            .. since
                .Select(s => s.Head)
                .OfType<string>()
                .Concat(ahead.Where(l => !l.Commits.Contains(l.Item.Head)).Select(l => l.Item.Head))
                .Where(h => h != item.Head)
                .Distinct(),
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

        GitResult independent = await Repository
            .TryRunAsync(cancellationToken, ["merge-base", "--independent", item.Base, .. heads])
            .ConfigureAwait(false);
        bool landed =
            heads.Contains(item.Base) || (independent.Ok && !independent.Line.Split('\n').Contains(item.Base));
        if (!landed)
        {
            return null;
        }

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
