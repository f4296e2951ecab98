using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>The same answer for the same question, so that a second instance can check the first.</summary>
internal sealed class ItemMerger(QueueContext context, TargetHistory history, string folder)
{
    private const string FastForwardFormat = "--format=%H%x1f%P%x1f%T%x1f%(trailers:only=true,unfold=true)";
    private const string ByHand = "(SyncAsync, or 'git rebase'), and submit that.";
    private readonly MergeBaseFinder _start = new(context, history);
    private readonly TreeMerger _merger = new(context, folder);

    public async Task<MergeResult> RunAsync(
        QueueItem item,
        MergeBase onto,
        string target,
        IReadOnlyList<Candidate> ahead,
        IReadOnlyList<string> files,
        CancellationToken cancellationToken
    )
    {
        string? start = await _start.FindAsync(item, target, ahead, cancellationToken).ConfigureAwait(false);

        // Where work of others may come along, nobody may rely on what the item says it changes.
        bool certain = start is not null || history.Contains(item.Base, target);
        MergeTask task = new(item, onto, start, certain ? files : []);
        MergeResult merged = await RunAsync(task, cancellationToken).ConfigureAwait(false);
        if (merged is MergeResult.Failed)
        {
            merged = await RunAsync(task, cancellationToken).ConfigureAwait(false);
        }

        if (merged is MergeResult.Clean clean)
        {
            _merger.Advance(onto.Tree, clean.Tree, task.Files);
        }

        return merged;
    }

    private Task<MergeResult> RunAsync(MergeTask task, CancellationToken cancellationToken) =>
        context.Policy.Options.Mode switch
        {
            MergeMode.FastForward => FastForwardAsync(task, cancellationToken),
            MergeMode.Rebase => RebaseAsync(task, cancellationToken),
            _ => MergeAsync(task, cancellationToken),
        };

    private async Task<MergeResult> MergeAsync(MergeTask task, CancellationToken cancellationToken)
    {
        if (task.Start is null)
        {
            return await _merger
                .RunAsync(task.Item, task.Onto, task.Item.Head, null, cancellationToken)
                .ConfigureAwait(false);
        }

        GitResult trees = await context
            .Repository.RunAsync(cancellationToken, "rev-parse", task.Item.Head + "^{tree}", task.Start + "^{tree}")
            .ConfigureAwait(false);
        string[] lines = trees.Line.Split('\n');
        return await _merger
            .RunAsync(task.Item, task.Onto, lines[0], lines[1], cancellationToken)
            .ConfigureAwait(false);
    }

    // Nothing is made, so nothing can be added: no trailers.
    private async Task<MergeResult> FastForwardAsync(MergeTask task, CancellationToken cancellationToken)
    {
        string range = $"{task.Onto.Commit}..{task.Item.Head}";
        GitResult log = await context
            .Repository.TryRunAsync(cancellationToken, "log", "-z", "--first-parent", FastForwardFormat, range, "--")
            .ConfigureAwait(false);
        if (!log.Ok)
        {
            return new MergeResult.Failed($"'git log' ended with {log.ExitCode}: {log.ErrorLine}");
        }

        string[][] commits = [.. log.Fields.Select(f => f.TrimStart('\n').Split('\x1f'))];
        if (commits.Length == 0)
        {
            return new MergeResult.Nothing();
        }

        // The first-parent line tells landings apart: a commit that merged the target into itself turns it around.
        string[] line = [.. commits.Select(c => c[0])];
        return commits[^1][1].Split(' ')[0] != task.Onto.Commit
                ? new MergeResult.Incompatible(
                    $"It is not a fast-forward of {context.Names.ShortTarget}: rebase it {ByHand}",
                    line
                )
            : commits.Any(c => LandingMessage.Trailers(c[3]).Keys.Any(LandingMessage.IsReserved))
                ? new MergeResult.Incompatible(
                    "Its commits have trailers that only the queue writes: make them anew without.",
                    line
                )
                {
                    Forbidden = true,
                }
            : commits[0][2] == task.Onto.Tree ? new MergeResult.Nothing()
            : new MergeResult.Clean(commits[0][2]) { Commits = [.. line.Reverse()] };
    }

    private async Task<MergeResult> RebaseAsync(MergeTask task, CancellationToken cancellationToken)
    {
        (MergeResult merged, bool flattened) = await new CommitReplay(context, _merger)
            .RunAsync(task, cancellationToken)
            .ConfigureAwait(false);
        if (!flattened || merged is not (MergeResult.Clean or MergeResult.Nothing))
        {
            return merged;
        }

        // A merge commit may hold changes of its own, which replaying the others would silently lose.
        MergeResult whole = await MergeAsync(task, cancellationToken).ConfigureAwait(false);
        return TreeOf(whole) == TreeOf(merged) ? merged
            : whole is MergeResult.Failed ? whole
            : new MergeResult.Incompatible(
                $"Its merge commits hold changes of their own, which a rebase would lose: rebase it by hand {ByHand}",
                []
            );

        string? TreeOf(MergeResult result) =>
            result is MergeResult.Clean clean ? clean.Tree
            : result is MergeResult.Nothing ? task.Onto.Tree
            : null;
    }
}
