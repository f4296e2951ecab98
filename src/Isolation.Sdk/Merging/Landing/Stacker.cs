using Isolation.Sdk.Git;
using Isolation.Sdk.Merging.Queueing;

namespace Isolation.Sdk.Merging.Landing;

/// <summary>Puts items on the target, or on the items ahead of them: trees and commits, nothing lands.</summary>
internal sealed class Stacker(QueueContext context, QueueView view)
{
    private readonly ItemMerge _merge = new(context, context.Names.MergeFolder);
    private readonly ItemStart _start = new(context, view.History);
    private readonly LinkWriter _writer = new(context);

    /// <summary>Merges an item with the last link ahead, and with the target alone if that does not go: what does not go with the target is final.</summary>
    public async Task<Stacking> StackAsync(
        string target,
        string targetTree,
        IReadOnlyList<Link> ahead,
        QueueItem item,
        bool claimsTested,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<TargetStep> since = await view
            .History.BetweenAsync(item.Base, target, cancellationToken)
            .ConfigureAwait(false);
        IReadOnlyList<string> files = item.Files ?? await FilesAsync(item, cancellationToken).ConfigureAwait(false);
        Place bottom = new(target, targetTree);
        Place tip = ahead.Count == 0 ? bottom : new Place(ahead[^1].Commit, ahead[^1].Tree);
        string? start = await _start.FindAsync(item, target, ahead, since, cancellationToken).ConfigureAwait(false);
        Merged onTip = await _merge
            .RunAsync(item, tip, start, Changed(item, target, start, files), cancellationToken)
            .ConfigureAwait(false);
        if (onTip is Merged.Fits fits)
        {
            Link link = await _writer
                .WriteAsync(item, tip, fits, claimsTested, cancellationToken)
                .ConfigureAwait(false);
            return new Stacking.Stacked(link with { Files = files, Coupled = Coupled(files, since, ahead) });
        }

        Merged alone = onTip;
        if (ahead.Count > 0)
        {
            start = await _start.FindAsync(item, target, [], since, cancellationToken).ConfigureAwait(false);
            alone = await _merge
                .RunAsync(item, bottom, start, Changed(item, target, start, files), cancellationToken)
                .ConfigureAwait(false);
        }

        return alone is Merged.Fits
            ? Provisional(item, tip, onTip, ahead)
            : new Stacking.Over(Final(item, target, alone, since));
    }

    /// <summary>What surely is all that changes; nothing where work of others may come along, so that nobody relies on it.</summary>
    private IReadOnlyList<string> Changed(QueueItem item, string target, string? start, IReadOnlyList<string> files) =>
        start is not null || view.History.Contains(item.Base, target) ? files : [];

    private static IReadOnlyList<CoupledItem> Coupled(
        IReadOnlyList<string> files,
        IReadOnlyList<TargetStep> since,
        IReadOnlyList<Link> ahead
    )
    {
        IEnumerable<(string Item, IReadOnlyList<string> Files)> below = since
            .Where(s => s.Item is not null)
            .Select(s => (s.Item!, s.Files))
            .Concat(ahead.Select(l => (LandedMessage.Name(l.Item.Attempt.Item), l.Files)));
        IEnumerable<CoupledItem> coupled =
            from one in below
            let both = one.Files.Intersect(files, StringComparer.Ordinal).ToArray()
            where both.Length > 0
            group both by one.Item into same
            select new CoupledItem(same.Key, [.. same.SelectMany(f => f).Distinct(StringComparer.Ordinal)]);
        return [.. coupled];
    }

    private static Stacking.Collides Provisional(QueueItem item, Place tip, Merged onTip, IReadOnlyList<Link> ahead)
    {
        IReadOnlyList<string> paths = onTip is Merged.Collides collides
            ? Conflicts.Paths(collides.Output)
            : item.Files ?? [];
        Link[] touched = onTip is Merged.Apart apart
            ? [.. ahead.Where(l => !apart.Line.Contains(l.Commit, StringComparer.Ordinal))]
            : [.. ahead.Where(l => l.Files.Intersect(paths, StringComparer.Ordinal).Any())];
        Link[] blockers = touched.Length > 0 ? touched : [.. ahead];
        string[] with =
        [
            .. blockers.Select(l => LandedMessage.Name(l.Item.Attempt.Item)).Distinct(StringComparer.Ordinal),
        ];
        MergeConflict conflict = onTip is Merged.Collides again
            ? Conflicts.Describe(tip.Commit, again.Output, with)
            : new MergeConflict(tip.Commit, [], with)
            {
                Messages =
                [
                    onTip switch
                    {
                        Merged.Broken broken => broken.Reason,
                        Merged.Apart other => other.Reason,
                        _ => "Nothing to merge: those ahead bring everything it brings.",
                    },
                ],
            };
        return new Stacking.Collides(conflict, [.. blockers.Select(l => l.Item.Attempt)]);
    }

    private QueueItem Final(QueueItem item, string target, Merged outcome, IReadOnlyList<TargetStep> since)
    {
        switch (outcome)
        {
            case Merged.Nothing:
                return item with
                {
                    State = MergeState.Cancelled,
                    Reason = "Nothing to merge: the target already has everything it brings.",
                };
            case Merged.Unrelated:
                return item with
                {
                    State = MergeState.Conflicted,
                    Reason = "Its history and the target's have no commit in common.",
                    Conflict = new MergeConflict(target, [], []) { Messages = ["CONFLICT (unrelated histories)"] },
                };
            case Merged.Broken broken:
                return item with
                {
                    Hold = new HoldReason(MergeHold.Infra, $"{broken.Reason} Approve it again to retry."),
                };
            case Merged.Apart apart:
                return apart.Forbidden
                    ? item with
                    {
                        State = MergeState.Rejected,
                        Reason = apart.Reason,
                    }
                    : item with
                    {
                        State = MergeState.Conflicted,
                        Reason = apart.Reason,
                        Conflict = new MergeConflict(target, [], []) { Messages = [apart.Reason] },
                    };
            case Merged.Collides collides:
                IReadOnlyList<string> paths = Conflicts.Paths(collides.Output);
                string[] with =
                [
                    .. since
                        .Where(s => s.Item is not null && s.Files.Intersect(paths, StringComparer.Ordinal).Any())
                        .Select(s => s.Item!)
                        .Distinct(StringComparer.Ordinal),
                ];
                string others = with.Length == 0 ? "" : $" Landed before it: {string.Join(", ", with)}.";
                return item with
                {
                    State = MergeState.Conflicted,
                    Reason = $"It collides with {context.Names.ShortTarget} in {string.Join(", ", paths)}.{others}",
                    Conflict = Conflicts.Describe(target, collides.Output, with),
                };
            default:
                throw new InvalidOperationException("Unknown outcome.");
        }
    }

    private async Task<IReadOnlyList<string>> FilesAsync(QueueItem item, CancellationToken cancellationToken)
    {
        GitResult answer = await context
            .Repository.RunAsync(
                cancellationToken,
                "diff-tree",
                "-r",
                "-z",
                "--name-only",
                "--no-renames",
                item.Base,
                item.Head
            )
            .ConfigureAwait(false);
        return answer.Fields;
    }
}
