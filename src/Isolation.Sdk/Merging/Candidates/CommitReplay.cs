using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

internal sealed record ReplayedCommit(string Commit, string Tree, string[] Parents, string[] Author, string Message);

/// <summary>As <c>git rebase</c> does: merge commits are flattened, what turns out empty is left out.</summary>
internal sealed class CommitReplay(QueueContext context, TreeMerger merger)
{
    private const string Format = "--format=%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%ad%x1f%B";

    public async Task<(MergeResult Merged, bool Flattened)> RunAsync(
        MergeTask task,
        CancellationToken cancellationToken
    )
    {
        (QueueItem item, MergeBase onto) = (task.Item, task.Onto);
        ReplayedCommit[] all = await ReadAsync(
                ["--reverse", "--topo-order", $"{task.Start ?? onto.Commit}..{item.Head}", "^" + onto.Commit],
                cancellationToken
            )
            .ConfigureAwait(false);
        ReplayedCommit[] sources = [.. all.Where(s => s.Parents.Length < 2)];
        Dictionary<string, string> trees = all.ToDictionary(s => s.Commit, s => s.Tree);
        string[] below = [.. sources.SelectMany(s => s.Parents).Where(p => !trees.ContainsKey(p)).Distinct()];
        if (below.Length > 0)
        {
            foreach (
                ReplayedCommit source in await ReadAsync(["--no-walk=unsorted", .. below], cancellationToken)
                    .ConfigureAwait(false)
            )
            {
                trees[source.Commit] = source.Tree;
            }
        }

        bool flattened = all.Length != sources.Length;
        MergeBase at = onto;
        List<ReplayedCommit> picks = [];
        foreach (ReplayedCommit source in sources)
        {
            if (source.Parents.Length == 0)
            {
                return (new MergeResult.Unrelated(), flattened);
            }

            string before = trees[source.Parents[0]];
            MergeResult one =
                before == source.Tree || source.Tree == at.Tree ? new MergeResult.Nothing()
                : before == at.Tree ? new MergeResult.Clean(source.Tree)
                : await merger.RunAsync(item, at, source.Tree, before, cancellationToken).ConfigureAwait(false);
            if (one is MergeResult.Clean clean)
            {
                merger.Advance(at.Tree, clean.Tree, task.Files);
                at = at with { Tree = clean.Tree };
                picks.Add(source with { Tree = at.Tree });
            }
            else if (one is not MergeResult.Nothing)
            {
                return (one, flattened);
            }
        }

        return (
            at.Tree == onto.Tree ? new MergeResult.Nothing() : new MergeResult.Clean(at.Tree) { Picks = picks },
            flattened
        );
    }

    private async Task<ReplayedCommit[]> ReadAsync(string[] which, CancellationToken cancellationToken)
    {
        GitResult log = await context
            .Repository.RunAsync(cancellationToken, ["log", "-z", "--date=raw", Format, .. which, "--"])
            .ConfigureAwait(false);
        return
        [
            .. log
                .Fields.Select(f => f.TrimStart('\n').Split('\x1f', 7))
                .Select(f => new ReplayedCommit(
                    f[0],
                    f[1],
                    f[2].Split(' ', StringSplitOptions.RemoveEmptyEntries),
                    f[3..6],
                    f[6]
                )),
        ];
    }
}
