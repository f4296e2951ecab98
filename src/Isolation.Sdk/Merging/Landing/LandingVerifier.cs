using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>The last look before the target moves. No policy has a say in it, and it trusts nothing but the object store: who stacked the links may have been wrong.</summary>
internal sealed class LandingVerifier(QueueContext context, TargetHistory history)
{
    private const string Format =
        $"%H%x1f%T%x1f%P%x1f%(trailers:key={LandingMessage.TestedTreeTrailer},valueonly=true,unfold=true,separator=%x1e)";

    private readonly ItemMerger _merge = new(context, Path.Combine(context.Names.MergeFolder, "check"));
    private readonly MergeBaseFinder _start = new(context, history);

    /// <summary>Looks at everything: one process, and each step's merge once more for a group that is squashed or rebased.</summary>
    /// <returns>What is wrong; <see langword="null"/> when nothing is.</returns>
    public async Task<string?> FindFaultAsync(
        string target,
        IReadOnlyList<Candidate> links,
        Func<string, bool> passed,
        CancellationToken cancellationToken
    )
    {
        if (links.Count == 0)
        {
            return "There is nothing to land.";
        }

        if (links.Any(l => l.Item.NeedsGate || context.Policy.NeedsGate) && !passed(links[^1].Tree))
        {
            return $"The tree {links[^1].Tree} of the tip has not passed the gate.";
        }

        if (links.Count == 1 && !context.Policy.Journals)
        {
            // One that nobody tested was stacked a moment ago, and the swap itself checks the target and the record.
            return links[0].Parent == target ? null : $"it is stacked on {links[0].Parent}, and {target} is below it.";
        }

        string[] wanted = [.. links.SelectMany(l => l.Commits.Append(l.Item.Commit)).Distinct(StringComparer.Ordinal)];
        GitResult answer = await context
            .Repository.TryRunAsync(
                cancellationToken,
                ["log", "-z", "--no-walk=unsorted", $"--format={Format}", .. wanted, "--"]
            )
            .ConfigureAwait(false);
        if (!answer.Ok)
        {
            return $"What is to land cannot be read: {answer.Error.Trim().ReplaceLineEndings(" ")}";
        }

        Dictionary<string, Stored> stored = answer
            .Fields.Select(Stored.Parse)
            .ToDictionary(s => s.Commit, StringComparer.Ordinal);
        string below = target;
        foreach (Candidate link in links)
        {
            if (FindFault(link, below, stored, passed) is { } fault)
            {
                return $"{link.Item.Attempt}: {fault}";
            }

            below = link.Commit;
        }

        return links.Count > 1 && context.Policy.Options.Mode is MergeMode.Squash or MergeMode.Rebase
            ? await FindOtherTreeAsync(target, links, cancellationToken).ConfigureAwait(false)
            : null;
    }

    /// <summary>Nothing but its tree says what a squashed or replayed commit was made from: a wrong base would revert what landed before.</summary>
    private async Task<string?> FindOtherTreeAsync(
        string target,
        IReadOnlyList<Candidate> links,
        CancellationToken cancellationToken
    )
    {
        string below = (
            await context.Repository.RunAsync(cancellationToken, "rev-parse", target + "^{tree}").ConfigureAwait(false)
        ).Line;
        for (int i = 0; i < links.Count; i++)
        {
            QueueItem item = links[i].Item;
            IReadOnlyList<TargetCommit> since = await history
                .BetweenAsync(item.Base, target, cancellationToken)
                .ConfigureAwait(false);
            string? start = await _start
                .FindAsync(item, target, [.. links.Take(i)], since, cancellationToken)
                .ConfigureAwait(false);
            MergeResult again = await _merge
                .RunAsync(
                    item,
                    new MergeBase(links[i].Parent, below),
                    start,
                    start is not null || history.Contains(item.Base, target) ? links[i].Files : [],
                    cancellationToken
                )
                .ConfigureAwait(false);
            if (again is not MergeResult.Clean fits || fits.Tree != links[i].Tree)
            {
                return $"{item.Attempt}: merged once more it is {(again as MergeResult.Clean)?.Tree ?? again.GetType().Name}, not {links[i].Tree}.";
            }

            below = fits.Tree;
        }

        return null;
    }

    private string? FindFault(
        Candidate link,
        string below,
        Dictionary<string, Stored> stored,
        Func<string, bool> passed
    )
    {
        if (link.Parent != below || link.Commits.Count == 0 || link.Commits[^1] != link.Commit)
        {
            return $"it is stacked on {link.Parent}, and {below} is below it.";
        }

        if (stored[link.Item.Commit].Parents is not [var pinned, ..] || pinned != link.Item.Head)
        {
            return $"its record is not pinned to {link.Item.Head}.";
        }

        foreach (string commit in link.Commits)
        {
            if (!AreParents(stored[commit].Parents, link, below))
            {
                return $"the parents of {commit} are not what they should be.";
            }

            below = commit;
        }

        Stored tip = stored[link.Commit];
        return tip.Tree != link.Tree ? $"the tree of {link.Commit} is {tip.Tree}, not {link.Tree}."
            : tip.Tested != (link.RecordsTestedTree ? link.Tree : "") || (link.RecordsTestedTree && !passed(link.Tree))
                ? $"what {link.Commit} says of tests is not so."
            : null;
    }

    private bool AreParents(string[] parents, Candidate link, string below) =>
        context.Policy.Options.Mode switch
        {
            MergeMode.Merge => parents is [var first, var second] && first == below && second == link.Item.Head,
            MergeMode.FastForward => parents.Length > 0 && parents[0] == below,
            _ => parents is [var only] && only == below,
        };

    private sealed record Stored(string Commit, string Tree, string[] Parents, string Tested)
    {
        public static Stored Parse(string line)
        {
            string[] fields = line.Split('\x1f');
            return new Stored(
                fields[0].Trim('\n'),
                fields[1],
                fields[2].Split(' ', StringSplitOptions.RemoveEmptyEntries),
                fields[3].Split('\x1e')[^1].Trim()
            );
        }
    }
}
