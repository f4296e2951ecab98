using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Merging.Queueing;

namespace Isolation.Sdk.Merging.Landing;

/// <summary>Puts items on the target, or on the items ahead of them: trees and commits, nothing lands.</summary>
internal sealed class Stacker(QueueContext context, QueueView view)
{
    private readonly GitMerge _merge = new(context.Repository, context.Names.MergeFolder);
    private readonly GitAttributes _attributes = new(context.Repository, Path.Combine(context.Names.MergeFolder, "attributes"));
    private readonly LinkWriter _writer = new(context);

    /// <summary>Merges an item with the last link ahead, and with the target alone if that collides: what collides with the target is final.</summary>
    public async Task<Stacking> StackAsync(string target, string targetTree, IReadOnlyList<Link> ahead, QueueItem item, bool claimsTested, CancellationToken cancellationToken)
    {
        Place tip = ahead.Count == 0 ? new Place(target, targetTree) : new Place(ahead[^1].Commit, ahead[^1].Tree);
        Merged onTip = await MergeAsync(item, tip, cancellationToken).ConfigureAwait(false);
        if (onTip is Merged.Fits fits)
        {
            return await StackedAsync(item, target, tip, fits.Tree, ahead, claimsTested, cancellationToken).ConfigureAwait(false);
        }

        Merged alone = ahead.Count == 0 ? onTip : await MergeAsync(item, new Place(target, targetTree), cancellationToken).ConfigureAwait(false);
        return alone is Merged.Fits ? Provisional(item, tip, onTip, ahead) : new Stacking.Over(await FinalAsync(item, target, alone, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Says which links are the target now: usually their attributes need not be read again.</summary>
    public void Landed(IReadOnlyList<Link> links)
    {
        foreach (Link link in links)
        {
            _attributes.Moved(link.Parent, link.Commit, link.Files);
        }
    }

    private async Task<Merged> MergeAsync(QueueItem item, Place place, CancellationToken cancellationToken)
    {
        MergeOutcome outcome = await MergeOnceAsync(item, place.Commit, cancellationToken).ConfigureAwait(false);
        if (outcome is MergeOutcome.Broken)
        {
            outcome = await MergeOnceAsync(item, place.Commit, cancellationToken).ConfigureAwait(false);
        }

        return outcome switch
        {
            MergeOutcome.Clean clean => clean.Tree == place.Tree ? new Merged.Nothing() : new Merged.Fits(clean.Tree),
            MergeOutcome.Conflict conflict => new Merged.Collides(conflict.Output),
            MergeOutcome.Unrelated => new Merged.Unrelated(),
            MergeOutcome.Broken broken => new Merged.Broken(broken.Reason),
            _ => throw new InvalidOperationException("Unknown outcome."),
        };
    }

    private async Task<MergeOutcome> MergeOnceAsync(QueueItem item, string onto, CancellationToken cancellationToken)
    {
        string attributes = await _attributes.OfAsync(onto, cancellationToken).ConfigureAwait(false);
        return await _merge.RunAsync((onto, context.Names.ShortTarget), (item.Head, AttemptNames.File(item.Attempt)), attributes, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Stacking> StackedAsync(QueueItem item, string target, Place tip, string tree, IReadOnlyList<Link> ahead, bool claimsTested, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> files = item.Files ?? await FilesAsync(item, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<TargetStep> since = await SinceBaseAsync(item, target, cancellationToken).ConfigureAwait(false);
        IEnumerable<(string Item, IReadOnlyList<string> Files)> below = since.Where(s => s.Item is not null).Select(s => (s.Item!, s.Files)).Concat(ahead.Select(l => (LandedMessage.Name(l.Item.Attempt.Item), l.Files)));
        IEnumerable<CoupledItem> coupled =
            from one in below
            let both = one.Files.Intersect(files, StringComparer.Ordinal).ToArray()
            where both.Length > 0
            group both by one.Item into same
            select new CoupledItem(same.Key, [.. same.SelectMany(f => f).Distinct(StringComparer.Ordinal)]);
        Link link = await _writer.WriteAsync(item, tip.Commit, tree, claimsTested, cancellationToken).ConfigureAwait(false);
        _attributes.Moved(link.Parent, link.Commit, files);
        return new Stacking.Stacked(link with { Files = files, Coupled = [.. coupled] });
    }

    private static Stacking.Collides Provisional(QueueItem item, Place tip, Merged onTip, IReadOnlyList<Link> ahead)
    {
        IReadOnlyList<string> paths = onTip is Merged.Collides collides ? Conflicts.Paths(collides.Output) : item.Files ?? [];
        Link[] touched = [.. ahead.Where(l => l.Files.Intersect(paths, StringComparer.Ordinal).Any())];
        Link[] blockers = touched.Length > 0 ? touched : [.. ahead];
        string[] with = [.. blockers.Select(l => LandedMessage.Name(l.Item.Attempt.Item)).Distinct(StringComparer.Ordinal)];
        MergeConflict conflict = onTip is Merged.Collides again
            ? Conflicts.Describe(tip.Commit, again.Output, with)
            : new MergeConflict(tip.Commit, [], with) { Messages = [onTip is Merged.Broken broken ? broken.Reason : "Nothing to merge: those ahead bring everything it brings."] };
        return new Stacking.Collides(conflict, [.. blockers.Select(l => l.Item.Attempt)]);
    }

    private async Task<QueueItem> FinalAsync(QueueItem item, string target, Merged outcome, CancellationToken cancellationToken)
    {
        switch (outcome)
        {
            case Merged.Nothing:
                return item with { State = MergeState.Cancelled, Reason = "Nothing to merge: the target already has everything it brings." };
            case Merged.Unrelated:
                return item with { State = MergeState.Conflicted, Reason = "Its history and the target's have no commit in common.", Conflict = new MergeConflict(target, [], []) { Messages = ["CONFLICT (unrelated histories)"] } };
            case Merged.Broken broken:
                return item with { Hold = new HoldReason(MergeHold.Infra, $"{broken.Reason} Approve it again to retry.") };
            case Merged.Collides collides:
                IReadOnlyList<string> paths = Conflicts.Paths(collides.Output);
                IReadOnlyList<TargetStep> since = await SinceBaseAsync(item, target, cancellationToken).ConfigureAwait(false);
                string[] with = [.. since.Where(s => s.Item is not null && s.Files.Intersect(paths, StringComparer.Ordinal).Any()).Select(s => s.Item!).Distinct(StringComparer.Ordinal)];
                string others = with.Length == 0 ? "" : $" Landed before it: {string.Join(", ", with)}.";
                return item with { State = MergeState.Conflicted, Reason = $"It collides with {context.Names.ShortTarget} in {string.Join(", ", paths)}.{others}", Conflict = Conflicts.Describe(target, collides.Output, with) };
            default:
                throw new InvalidOperationException("Unknown outcome.");
        }
    }

    private Task<IReadOnlyList<TargetStep>> SinceBaseAsync(QueueItem item, string target, CancellationToken cancellationToken) => view.History.BetweenAsync(item.Base, target, cancellationToken);

    private async Task<IReadOnlyList<string>> FilesAsync(QueueItem item, CancellationToken cancellationToken)
    {
        GitResult answer = await context.Repository.RunAsync(cancellationToken, "diff-tree", "-r", "-z", "--name-only", "--no-renames", item.Base, item.Head).ConfigureAwait(false);
        return answer.Fields;
    }

    private readonly record struct Place(string Commit, string Tree);

    private abstract record Merged
    {
        public sealed record Fits(string Tree) : Merged;

        public sealed record Nothing : Merged;

        public sealed record Collides(MergeTreeOutput Output) : Merged;

        public sealed record Unrelated : Merged;

        public sealed record Broken(string Reason) : Merged;
    }
}
