using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

internal sealed class CandidateBuilder(QueueContext context, TargetHistory history)
{
    private readonly ItemMerger _merger = new(context, history, context.Names.MergeFolder);
    private readonly CandidateWriter _writer = new(context);
    private readonly RevertFinder _reverts = new(context, history);
    private readonly NameClashFinder _names = new(context);

    // What does not go with the target alone is final.
    public async Task<StackingResult> StackAsync(
        MergeBase target,
        IReadOnlyList<Candidate> ahead,
        QueueItem item,
        bool recordsTestedTree,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<TargetCommit> since = await history
            .BetweenAsync(item.Base, target.Commit, cancellationToken)
            .ConfigureAwait(false);
        IReadOnlyList<string> files = item.Files
            ?? await ChangedPaths
                .BetweenAsync(context.Repository, item.Base, item.Head, cancellationToken)
                .ConfigureAwait(false);
        MergeBase tip = ahead.Count == 0 ? target : new MergeBase(ahead[^1].Commit, ahead[^1].Tree);
        MergeResult onTip = await MergeAsync(tip, ahead).ConfigureAwait(false);
        if (onTip is MergeResult.Clean clean)
        {
            Candidate candidate = await _writer
                .WriteAsync(item, tip, clean, recordsTestedTree, cancellationToken)
                .ConfigureAwait(false);
            candidate = candidate with { Files = files, Coupled = Coupled(files, since, ahead) };
            candidate = candidate with
            {
                Undoes = await _reverts
                    .FindAsync(candidate, target.Commit, ahead, cancellationToken)
                    .ConfigureAwait(false),
                NameClashes = await _names.FindAsync(candidate, since, ahead, cancellationToken).ConfigureAwait(false),
            };
            return
                context.Policy.Options.HoldReverts
                && candidate.UndoesReason is { } reason
                && item.ApprovedCommit != item.Head
                ? new StackingResult.Final(Held(item, reason))
                : new StackingResult.Stacked(candidate);
        }

        MergeResult alone = ahead.Count == 0 ? onTip : await MergeAsync(target, []).ConfigureAwait(false);
        return alone is MergeResult.Clean
            ? Provisional(item, tip, onTip, ahead)
            : new StackingResult.Final(Final(item, target.Commit, alone, since));

        Task<MergeResult> MergeAsync(MergeBase onto, IReadOnlyList<Candidate> below) =>
            _merger.RunAsync(item, onto, target.Commit, below, files, cancellationToken);
    }

    private static QueueItem Held(QueueItem item, string reason) =>
        item with
        {
            Hold = new ItemHold(MergeHoldReason.Approval, $"{reason} Approve it if that is meant."),
        };

    private static Dictionary<string, IReadOnlyList<string>> Coupled(
        IReadOnlyList<string> files,
        IReadOnlyList<TargetCommit> since,
        IReadOnlyList<Candidate> ahead
    ) =>
        since
            .Where(s => s.Item is not null)
            .Select(s => (Item: s.Item!, s.Files))
            .Concat(ahead.Select(c => (Item: c.Name, c.Files)))
            .Select(o => (o.Item, Both: o.Files.Intersect(files).ToArray()))
            .Where(o => o.Both.Length > 0)
            .GroupBy(o => o.Item, o => o.Both)
            .ToDictionary(g => g.Key, IReadOnlyList<string> (g) => [.. g.SelectMany(f => f).Distinct()]);

    private static StackingResult.Conflict Provisional(
        QueueItem item,
        MergeBase tip,
        MergeResult onTip,
        IReadOnlyList<Candidate> ahead
    )
    {
        MergeResult.Conflict? conflict = onTip as MergeResult.Conflict;
        IReadOnlyList<string> paths = conflict?.Paths ?? item.Files ?? [];
        Candidate[] touched = onTip is MergeResult.Incompatible apart
            ? [.. ahead.Where(c => !apart.Line.Contains(c.Commit))]
            : [.. ahead.Where(c => c.Files.Intersect(paths).Any())];
        Candidate[] blockers = touched.Length > 0 ? touched : [.. ahead];
        string[] with = [.. blockers.Select(c => c.Name).Distinct()];
        string message = onTip switch
        {
            MergeResult.Failed failed => failed.Reason,
            MergeResult.Incompatible other => other.Reason,
            _ => "Nothing to merge: those ahead bring everything it brings.",
        };
        return new StackingResult.Conflict(
            conflict?.Describe(tip.Commit, with) ?? new MergeConflict(tip.Commit, [], with) { Messages = [message] },
            [.. blockers.Select(c => c.Item.Attempt)]
        );
    }

    private QueueItem Final(QueueItem item, string target, MergeResult result, IReadOnlyList<TargetCommit> since)
    {
        switch (result)
        {
            case MergeResult.Nothing:
                return item with
                {
                    State = MergeState.NoChange,
                    Reason = "Nothing to merge: the target already has everything it brings.",
                };
            case MergeResult.Unrelated:
                return Conflicted(
                    "Its history and the target's have no commit in common.",
                    new MergeConflict(target, [], []) { Messages = ["CONFLICT (unrelated histories)"] }
                );
            case MergeResult.Failed failed:
                return item with
                {
                    Hold = new ItemHold(MergeHoldReason.Infra, $"{failed.Reason} Approve it again to retry."),
                };
            case MergeResult.Incompatible { Forbidden: true } forbidden:
                return item with { State = MergeState.Rejected, Reason = forbidden.Reason };
            case MergeResult.Incompatible apart:
                return Conflicted(apart.Reason, new MergeConflict(target, [], []) { Messages = [apart.Reason] });
            case MergeResult.Conflict conflict:
                IReadOnlyList<string> paths = conflict.Paths;
                string[] with =
                [
                    .. since
                        .Where(s => s.Item is not null && s.Files.Intersect(paths).Any())
                        .Select(s => s.Item!)
                        .Distinct(),
                ];
                string others = with.Length == 0 ? "" : $" Landed before it: {string.Join(", ", with)}.";
                return Conflicted(
                    $"It collides with {context.Names.ShortTarget} in {string.Join(", ", paths)}.{others}",
                    conflict.Describe(target, with)
                );
            default:
                throw new InvalidOperationException("Unknown outcome.");
        }

        QueueItem Conflicted(string reason, MergeConflict conflict) =>
            item with
            {
                State = MergeState.Conflicted,
                Reason = reason,
                Conflict = conflict,
            };
    }
}
