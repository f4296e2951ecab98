using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>Puts items on the target, or on the items ahead of them: trees and commits, nothing lands.</summary>
internal sealed class CandidateBuilder(QueueContext context, QueueMonitor view)
{
    private readonly ItemMerger _merge = new(context, context.Names.MergeFolder);
    private readonly MergeBaseFinder _start = new(context, view.History);
    private readonly CandidateWriter _writer = new(context);

    /// <summary>Merges an item with the last link ahead, and with the target alone if that does not go: what does not go with the target is final.</summary>
    public async Task<StackingResult> StackAsync(
        string target,
        string targetTree,
        IReadOnlyList<Candidate> ahead,
        QueueItem item,
        bool claimsTested,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<TargetCommit> since = await view
            .History.BetweenAsync(item.Base, target, cancellationToken)
            .ConfigureAwait(false);
        IReadOnlyList<string> files = item.Files ?? await FilesAsync(item, cancellationToken).ConfigureAwait(false);
        MergeBase bottom = new(target, targetTree);
        MergeBase tip = ahead.Count == 0 ? bottom : new MergeBase(ahead[^1].Commit, ahead[^1].Tree);
        string? start = await _start.FindAsync(item, target, ahead, since, cancellationToken).ConfigureAwait(false);
        MergeResult onTip = await _merge
            .RunAsync(item, tip, start, Changed(item, target, start, files), cancellationToken)
            .ConfigureAwait(false);
        if (onTip is MergeResult.Clean fits)
        {
            Candidate link = await _writer
                .WriteAsync(item, tip, fits, claimsTested, cancellationToken)
                .ConfigureAwait(false);
            return new StackingResult.Stacked(link with { Files = files, Coupled = Coupled(files, since, ahead) });
        }

        MergeResult alone = onTip;
        if (ahead.Count > 0)
        {
            start = await _start.FindAsync(item, target, [], since, cancellationToken).ConfigureAwait(false);
            alone = await _merge
                .RunAsync(item, bottom, start, Changed(item, target, start, files), cancellationToken)
                .ConfigureAwait(false);
        }

        return alone is MergeResult.Clean
            ? Provisional(item, tip, onTip, ahead)
            : new StackingResult.Final(Final(item, target, alone, since));
    }

    /// <summary>What surely is all that changes; nothing where work of others may come along, so that nobody relies on it.</summary>
    private IReadOnlyList<string> Changed(QueueItem item, string target, string? start, IReadOnlyList<string> files) =>
        start is not null || view.History.Contains(item.Base, target) ? files : [];

    private static Dictionary<string, IReadOnlyList<string>> Coupled(
        IReadOnlyList<string> files,
        IReadOnlyList<TargetCommit> since,
        IReadOnlyList<Candidate> ahead
    ) =>
        since
            .Where(s => s.Item is not null)
            .Select(s => (Item: s.Item!, s.Files))
            .Concat(ahead.Select(l => (Item: LandingMessage.Name(l.Item.Attempt.Item), l.Files)))
            .Select(o => (o.Item, Both: o.Files.Intersect(files, StringComparer.Ordinal).ToArray()))
            .Where(o => o.Both.Length > 0)
            .GroupBy(o => o.Item, o => o.Both)
            .ToDictionary(
                g => g.Key,
                IReadOnlyList<string> (g) => [.. g.SelectMany(f => f).Distinct(StringComparer.Ordinal)]
            );

    private static StackingResult.Conflict Provisional(
        QueueItem item,
        MergeBase tip,
        MergeResult onTip,
        IReadOnlyList<Candidate> ahead
    )
    {
        IReadOnlyList<string> paths = onTip is MergeResult.Conflict collides
            ? ConflictDescriber.Paths(collides.Output)
            : item.Files ?? [];
        Candidate[] touched = onTip is MergeResult.Incompatible apart
            ? [.. ahead.Where(l => !apart.Line.Contains(l.Commit, StringComparer.Ordinal))]
            : [.. ahead.Where(l => l.Files.Intersect(paths, StringComparer.Ordinal).Any())];
        Candidate[] blockers = touched.Length > 0 ? touched : [.. ahead];
        string[] with =
        [
            .. blockers.Select(l => LandingMessage.Name(l.Item.Attempt.Item)).Distinct(StringComparer.Ordinal),
        ];
        MergeConflict conflict = onTip is MergeResult.Conflict again
            ? ConflictDescriber.Describe(tip.Commit, again.Output, with)
            : new MergeConflict(tip.Commit, [], with)
            {
                Messages =
                [
                    onTip switch
                    {
                        MergeResult.Failed broken => broken.Reason,
                        MergeResult.Incompatible other => other.Reason,
                        _ => "Nothing to merge: those ahead bring everything it brings.",
                    },
                ],
            };
        return new StackingResult.Conflict(conflict, [.. blockers.Select(l => l.Item.Attempt)]);
    }

    private QueueItem Final(QueueItem item, string target, MergeResult outcome, IReadOnlyList<TargetCommit> since)
    {
        switch (outcome)
        {
            case MergeResult.Nothing:
                return item with
                {
                    State = MergeState.NoChange,
                    Reason = "Nothing to merge: the target already has everything it brings.",
                };
            case MergeResult.Unrelated:
                return item with
                {
                    State = MergeState.Conflicted,
                    Reason = "Its history and the target's have no commit in common.",
                    Conflict = new MergeConflict(target, [], []) { Messages = ["CONFLICT (unrelated histories)"] },
                };
            case MergeResult.Failed broken:
                return item with
                {
                    Hold = new ItemHold(MergeHoldReason.Infra, $"{broken.Reason} Approve it again to retry."),
                };
            case MergeResult.Incompatible apart:
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
            case MergeResult.Conflict collides:
                IReadOnlyList<string> paths = ConflictDescriber.Paths(collides.Output);
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
                    Conflict = ConflictDescriber.Describe(target, collides.Output, with),
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
