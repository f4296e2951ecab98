using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>
/// No policy has a say in it, and it trusts nothing but the object store: who stacked the candidates may have been
/// wrong.
/// </summary>
internal sealed class LandingVerifier(QueueContext context, TargetHistory history)
{
    private const string Format =
        "%H%x1f%T%x1f%P%x1f"
        + $"%(trailers:key={LandingMessage.TestedTreeTrailer},valueonly=true,unfold=true,separator=%x1e)";

    private readonly ItemMerger _merge = new(context, history, Path.Combine(context.Names.MergeFolder, "check"));

    public async Task<string?> FindFaultAsync(
        string target,
        IReadOnlyList<Candidate> candidates,
        Func<string, bool> passed,
        CancellationToken cancellationToken
    )
    {
        if (candidates.Count == 0)
        {
            return "There is nothing to land.";
        }

        if (candidates.Any(l => l.Item.NeedsGate || context.Policy.NeedsGate) && !passed(candidates[^1].Tree))
        {
            return $"The tree {candidates[^1].Tree} of the tip has not passed the gate.";
        }

        if (candidates.Count == 1 && !context.Policy.Journals)
        {
            // One that nobody tested was stacked a moment ago, and the swap itself checks the target and the record.
            return candidates[0].Parent == target
                ? null
                : $"it is stacked on {candidates[0].Parent}, and {target} is below it.";
        }

        string[] wanted = [.. candidates.SelectMany(l => l.Commits.Append(l.Item.Commit)).Distinct()];
        GitResult answer = await context
            .Repository.TryRunAsync(
                cancellationToken,
                ["log", "-z", "--no-walk=unsorted", $"--format={Format}", .. wanted, "--"]
            )
            .ConfigureAwait(false);
        if (!answer.Ok)
        {
            return $"What is to land cannot be read: {answer.ErrorLine}";
        }

        Dictionary<string, Stored> stored = answer.Fields.Select(Stored.Parse).ToDictionary(s => s.Commit);
        string below = target;
        foreach (Candidate candidate in candidates)
        {
            if (FindFault(candidate, below, stored, passed) is { } fault)
            {
                return $"{candidate.Item.Attempt}: {fault}";
            }

            below = candidate.Commit;
        }

        return candidates.Count > 1 && context.Policy.Options.Mode is MergeMode.Squash or MergeMode.Rebase
            ? await FindOtherTreeAsync(target, candidates, cancellationToken).ConfigureAwait(false)
            : null;
    }

    // Nothing but its tree says what a squashed or replayed commit was made from: a wrong base would revert what
    // landed before.
    private async Task<string?> FindOtherTreeAsync(
        string target,
        IReadOnlyList<Candidate> candidates,
        CancellationToken cancellationToken
    )
    {
        string below = (
            await context.Repository.RunAsync(cancellationToken, "rev-parse", target + "^{tree}").ConfigureAwait(false)
        ).Line;
        for (int i = 0; i < candidates.Count; i++)
        {
            QueueItem item = candidates[i].Item;
            MergeResult again = await _merge
                .RunAsync(
                    item,
                    new MergeBase(candidates[i].Parent, below),
                    target,
                    [.. candidates.Take(i)],
                    candidates[i].Files,
                    cancellationToken
                )
                .ConfigureAwait(false);
            if (again is not MergeResult.Clean fits || fits.Tree != candidates[i].Tree)
            {
                return $"{item.Attempt}: merged once more it is "
                    + $"{(again as MergeResult.Clean)?.Tree ?? again.GetType().Name}, not {candidates[i].Tree}.";
            }

            below = fits.Tree;
        }

        return null;
    }

    private string? FindFault(
        Candidate candidate,
        string below,
        Dictionary<string, Stored> stored,
        Func<string, bool> passed
    )
    {
        if (candidate.Parent != below || candidate.Commits.Count == 0 || candidate.Commits[^1] != candidate.Commit)
        {
            return $"it is stacked on {candidate.Parent}, and {below} is below it.";
        }

        if (stored[candidate.Item.Commit].Parents is not [var pinned, ..] || pinned != candidate.Item.Head)
        {
            return $"its record is not pinned to {candidate.Item.Head}.";
        }

        foreach (string commit in candidate.Commits)
        {
            if (!AreParents(stored[commit].Parents, candidate, below))
            {
                return $"the parents of {commit} are not what they should be.";
            }

            below = commit;
        }

        Stored tip = stored[candidate.Commit];
        return tip.Tree != candidate.Tree ? $"the tree of {candidate.Commit} is {tip.Tree}, not {candidate.Tree}."
            : tip.Tested != (candidate.RecordsTestedTree ? candidate.Tree : "")
            || (candidate.RecordsTestedTree && !passed(candidate.Tree))
                ? $"what {candidate.Commit} says of tests is not so."
            : null;
    }

    private bool AreParents(string[] parents, Candidate candidate, string below) =>
        context.Policy.Options.Mode switch
        {
            MergeMode.Merge => parents is [var first, var second] && first == below && second == candidate.Item.Head,
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
