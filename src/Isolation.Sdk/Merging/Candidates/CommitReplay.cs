using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>As <c>git rebase</c> does: merge commits are flattened, what turns out empty is left out.</summary>
internal sealed class CommitReplay(QueueContext context, GitMerge merge, GitAttributes attributes)
{
    private const string Format = "%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%ad%x1f%B";

    public async Task<(MergeResult Merged, bool Flattened)> RunAsync(
        QueueItem item,
        MergeBase place,
        string? start,
        IReadOnlyList<string> files,
        CancellationToken cancellationToken
    )
    {
        string[] range = start is null
            ? [$"{place.Commit}..{item.Head}"]
            : [$"{start}..{item.Head}", "^" + place.Commit];
        GitResult log = await context
            .Repository.RunAsync(
                cancellationToken,
                ["log", "-z", "--reverse", "--topo-order", "--date=raw", "--format=" + Format, .. range, "--"]
            )
            .ConfigureAwait(false);
        Source[] all = [.. log.Fields.Select(Source.Parse)];
        Source[] sources = [.. all.Where(s => s.Parents.Length < 2)];
        IReadOnlyDictionary<string, string> trees = await TreesAsync(all, sources, cancellationToken)
            .ConfigureAwait(false);
        bool flattened = all.Length != sources.Length;
        string at = place.Tree;
        List<ReplayedCommit> picks = [];
        foreach (Source source in sources)
        {
            if (source.Parents.Length == 0)
            {
                return (new MergeResult.Unrelated(), flattened);
            }

            MergeResult one = await PickAsync(item, at, trees[source.Parents[0]], source.Tree, cancellationToken)
                .ConfigureAwait(false);
            if (one is MergeResult.Clean fits)
            {
                attributes.Advance(at, fits.Tree, files);
                at = fits.Tree;
                picks.Add(
                    new ReplayedCommit(at, source.AuthorName, source.AuthorEmail, source.AuthorDate, source.Message)
                );
            }
            else if (one is not MergeResult.Nothing)
            {
                return (one, flattened);
            }
        }

        return (at == place.Tree ? new MergeResult.Nothing() : new MergeResult.Clean(at) { Picks = picks }, flattened);
    }

    private async Task<MergeResult> PickAsync(
        QueueItem item,
        string at,
        string before,
        string after,
        CancellationToken cancellationToken
    )
    {
        if (before == after || before == at || after == at)
        {
            return before == after || after == at ? new MergeResult.Nothing() : new MergeResult.Clean(after);
        }

        string folder = await attributes.WriteAsync(at, cancellationToken).ConfigureAwait(false);
        return MergeResult.Of(
            await merge
                .RunOnBaseAsync(
                    before,
                    (at, context.Names.ShortTarget),
                    (after, AttemptNames.FileName(item.Attempt)),
                    folder,
                    cancellationToken
                )
                .ConfigureAwait(false),
            at
        );
    }

    private async Task<IReadOnlyDictionary<string, string>> TreesAsync(
        Source[] all,
        Source[] sources,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, string> trees = all.ToDictionary(s => s.Commit, s => s.Tree);
        string[] below = [.. sources.SelectMany(s => s.Parents).Where(p => !trees.ContainsKey(p)).Distinct()];
        if (below.Length > 0)
        {
            GitResult log = await context
                .Repository.RunAsync(
                    cancellationToken,
                    ["log", "-z", "--no-walk=unsorted", "--format=" + Format, .. below, "--"]
                )
                .ConfigureAwait(false);
            foreach (Source source in log.Fields.Select(Source.Parse))
            {
                trees[source.Commit] = source.Tree;
            }
        }

        return trees;
    }

    private sealed record Source(
        string Commit,
        string Tree,
        string[] Parents,
        string AuthorName,
        string AuthorEmail,
        string AuthorDate,
        string Message
    )
    {
        public static Source Parse(string record)
        {
            string[] f = record.Split('\x1f', 7);
            return new Source(
                f[0].TrimStart('\n'),
                f[1],
                f[2].Split(' ', StringSplitOptions.RemoveEmptyEntries),
                f[3],
                f[4],
                f[5],
                f[6]
            );
        }
    }
}
