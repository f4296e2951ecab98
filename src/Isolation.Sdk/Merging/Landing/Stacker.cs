using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Merging.Queueing;

namespace Isolation.Sdk.Merging.Landing;

/// <summary>An item merged with a target commit: a tree, nothing landed yet. Or what became of it instead.</summary>
internal sealed record Candidate(string Target, string Tree)
{
    public IReadOnlyList<string> Files { get; init; } = [];

    public IReadOnlyList<CoupledItem> Coupled { get; init; } = [];

    /// <summary>Set when there is nothing to land: it collides, or it brings nothing.</summary>
    public QueueItem? Final { get; init; }
}

/// <summary>Merges an item with the present target.</summary>
internal sealed class Stacker(QueueContext context, QueueView view)
{
    private readonly GitMerge _merge = new(context.Repository, context.Names.MergeFolder);
    private readonly GitAttributes _attributes = new(context.Repository, Path.Combine(context.Names.MergeFolder, "attributes"));

    public async Task<Candidate> StackAsync(QueueItem item, CancellationToken cancellationToken)
    {
        string target = view.Snapshot.Target!;
        MergeOutcome outcome = await MergeAsync(item, target, cancellationToken).ConfigureAwait(false);
        if (outcome is MergeOutcome.Broken)
        {
            outcome = await MergeAsync(item, target, cancellationToken).ConfigureAwait(false);
        }

        return outcome switch
        {
            MergeOutcome.Clean clean => await CleanAsync(item, target, clean.Tree, cancellationToken).ConfigureAwait(false),
            MergeOutcome.Conflict conflict => await ConflictedAsync(item, target, conflict.Output, cancellationToken).ConfigureAwait(false),
            MergeOutcome.Unrelated => new Candidate(target, "") { Final = item with { State = MergeState.Conflicted, Reason = "Its history and the target's have no commit in common.", Conflict = new MergeConflict(target, [], []) { Messages = ["CONFLICT (unrelated histories)"] } } },
            MergeOutcome.Broken broken => new Candidate(target, "") { Final = item with { Hold = $"Infra: {broken.Reason} Approve it again to retry." } },
            _ => throw new InvalidOperationException("Unknown outcome."),
        };
    }

    /// <summary>Says that a candidate is the target now.</summary>
    public void Landed(Candidate candidate, string commit) => _attributes.Moved(candidate.Target, commit, candidate.Files);

    private async Task<MergeOutcome> MergeAsync(QueueItem item, string target, CancellationToken cancellationToken)
    {
        string attributes = await _attributes.OfAsync(target, cancellationToken).ConfigureAwait(false);
        return await _merge.RunAsync((target, context.Names.ShortTarget), (item.Head, AttemptNames.File(item.Attempt)), attributes, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Candidate> CleanAsync(QueueItem item, string target, string tree, CancellationToken cancellationToken)
    {
        if (tree == view.Snapshot.TargetTree)
        {
            return new Candidate(target, tree) { Final = item with { State = MergeState.Cancelled, Reason = "Nothing to merge: the target already has everything it brings." } };
        }

        IReadOnlyList<string> files = item.Files ?? await FilesAsync(item, cancellationToken).ConfigureAwait(false);
        IEnumerable<CoupledItem> coupled =
            from step in await SinceBaseAsync(item, target, cancellationToken).ConfigureAwait(false)
            where step.Item is not null
            let both = step.Files.Intersect(files, StringComparer.Ordinal).ToArray()
            where both.Length > 0
            group both by step.Item into same
            select new CoupledItem(same.Key, [.. same.SelectMany(f => f).Distinct(StringComparer.Ordinal)]);
        return new Candidate(target, tree) { Files = files, Coupled = [.. coupled] };
    }

    private async Task<Candidate> ConflictedAsync(QueueItem item, string target, MergeTreeOutput output, CancellationToken cancellationToken)
    {
        string[] paths = [.. output.Files.Select(f => f.Path).Concat(output.Messages.Where(m => m.IsConflict).SelectMany(m => m.Paths)).Distinct(StringComparer.Ordinal)];
        IEnumerable<ConflictedFile> files = paths.Select(p => new ConflictedFile(
            p,
            [.. output.Messages.Where(m => m.IsConflict && m.Paths.Contains(p, StringComparer.Ordinal)).Select(m => m.ShortKind).Distinct(StringComparer.Ordinal)],
            [.. output.Files.Where(f => f.Path == p).Select(f => new ConflictStage(f.Stage, f.Mode, f.ObjectId))]));
        IReadOnlyList<TargetStep> since = await SinceBaseAsync(item, target, cancellationToken).ConfigureAwait(false);
        string[] with = [.. since.Where(s => s.Item is not null && s.Files.Intersect(paths, StringComparer.Ordinal).Any()).Select(s => s.Item!).Distinct(StringComparer.Ordinal)];
        MergeConflict conflict = new(target, [.. files], with) { Messages = [.. output.Messages.Select(m => m.Text.TrimEnd('\n'))], PreviewTree = output.Tree };
        string others = with.Length == 0 ? "" : $" Landed before it: {string.Join(", ", with)}.";
        return new Candidate(target, output.Tree) { Final = item with { State = MergeState.Conflicted, Reason = $"It collides with {context.Names.ShortTarget} in {string.Join(", ", paths)}.{others}", Conflict = conflict } };
    }

    private async Task<IReadOnlyList<TargetStep>> SinceBaseAsync(QueueItem item, string target, CancellationToken cancellationToken) =>
        await view.History.BetweenAsync(item.Base, target, cancellationToken).ConfigureAwait(false);

    private async Task<IReadOnlyList<string>> FilesAsync(QueueItem item, CancellationToken cancellationToken)
    {
        GitResult answer = await context.Repository.RunAsync(cancellationToken, "diff-tree", "-r", "-z", "--name-only", "--no-renames", item.Base, item.Head).ConfigureAwait(false);
        return answer.Fields;
    }
}
