using System.Text;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>
/// Which earlier landings a candidate puts back to what was before: a stale tree on a fresh parent merges cleanly.
/// </summary>
internal sealed class RevertFinder(QueueContext context, TargetHistory history)
{
    private const int MaxLandings = 64;
    private const int MaxPaths = 200;

    // By item, with the files. No process where no recent landing touched a file of the candidate, else one.
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> FindAsync(
        Candidate candidate,
        string target,
        IReadOnlyList<Candidate> ahead,
        CancellationToken cancellationToken
    )
    {
        HashSet<string> files = [.. candidate.Files];
        IReadOnlyList<TargetCommit> recent = await history
            .RecentAsync(target, MaxLandings, cancellationToken)
            .ConfigureAwait(false);
        TargetCommit[] landings =
        [
            .. ahead
                .Reverse()
                .Select(a => TargetCommit.Of(a.Item.Attempt, a.Item.Head, a.Commit, a.Parent, a.Files))
                .Concat(recent)
                .Where(l => l is { Item: not null, Parent: not null } && l.Item != candidate.Name)
                .Where(l => l.Files.Any(files.Contains)),
        ];
        if (landings.Length == 0)
        {
            return MergeStatus.NoneCoupled;
        }

        string[] paths = [.. landings.SelectMany(l => l.Files).Where(files.Contains).Distinct().Take(MaxPaths)];
        IReadOnlyDictionary<string, CommitPatch> patches = await ReadAsync(
                [(candidate.Commit, candidate.Parent), .. landings.Select(l => (l.Commit, l.Parent!))],
                paths,
                cancellationToken
            )
            .ConfigureAwait(false);
        return patches.TryGetValue(candidate.Commit, out CommitPatch? own)
            ? Compare(own, landings, patches)
            : MergeStatus.NoneCoupled;
    }

    // Newest first. Who has a file as it was before one landing undoes all that came after it in that file, too.
    private static Dictionary<string, IReadOnlyList<string>> Compare(
        CommitPatch own,
        IReadOnlyList<TargetCommit> landings,
        IReadOnlyDictionary<string, CommitPatch> patches
    )
    {
        List<(string Item, string File)> undone = [];
        foreach ((string key, FilePatch change) in own.Files)
        {
            (string Item, FilePatch Patch)[] others =
            [
                .. landings
                    .Where(l => patches.ContainsKey(l.Commit) && patches[l.Commit].Files.ContainsKey(key))
                    .Select(l => (l.Item!, patches[l.Commit].Files[key])),
            ];
            int oldest = Array.FindLastIndex(others, o => o.Patch.Old == change.New);
            undone.AddRange(
                others.Where((o, i) => i <= oldest || change.Undoes(o.Patch)).Select(o => (o.Item, change.Path))
            );
        }

        return undone
            .GroupBy(u => u.Item, u => u.File)
            .ToDictionary(g => g.Key, IReadOnlyList<string> (g) => [.. g.Distinct().Order(StringComparer.Ordinal)]);
    }

    private async Task<IReadOnlyDictionary<string, CommitPatch>> ReadAsync(
        IReadOnlyList<(string Commit, string Below)> changes,
        IReadOnlyList<string> paths,
        CancellationToken cancellationToken
    )
    {
        StringBuilder input = new();
        foreach ((string commit, string below) in changes)
        {
            input.Append(commit).Append(' ').Append(below).Append('\n');
        }

        GitCommand diff = GitCommand.In(
            context.Repository.CommonDirectory,
            [
                .. "diff-tree --stdin -r -p -U0 --full-index --no-renames --no-ext-diff --no-textconv --".Split(' '),
                .. paths,
            ]
        ) with
        {
            Input = input.ToString(),
            Environment = new Dictionary<string, string>
            {
                ["GIT_LITERAL_PATHSPECS"] = "1",
                // Larger files count as a whole: their lines are not worth their memory.
                ["GIT_CONFIG_PARAMETERS"] = "'core.bigFileThreshold=1m'",
            },
        };
        GitResult answer = await context.Repository.Client.RunAsync(diff, cancellationToken).ConfigureAwait(false);
        return CommitPatch.Parse(answer.Output);
    }
}
