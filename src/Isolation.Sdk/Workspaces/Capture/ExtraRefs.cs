using System.Collections.Frozen;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

// refs/isolation/extra/auth-123/2/heads/idea: what a worker left where only its own git directory names it.
internal sealed class ExtraRefs(GitRepository repository, AttemptId attempt)
{
    private const string RefsPrefix = "refs/";
    private readonly string _prefix = AttemptNames.ExtraRefsPrefix(attempt);

    // What is pinned, and whether nothing was left out.
    public async Task<(IReadOnlyDictionary<string, string> Pinned, bool IsAll)> PinAsync(
        GitSettings refs,
        string commit,
        IReadOnlyList<string> strangers,
        CancellationToken cancellationToken
    )
    {
        if (refs.Count == 0)
        {
            return (FrozenDictionary<string, string>.Empty, true);
        }

        IReadOnlyDictionary<string, string> before = await repository
            .ListRefsAsync(cancellationToken, _prefix)
            .ConfigureAwait(false);
        HashSet<string> worth = await FindWorthAsync(
                [.. refs.Select(r => r.Value).Distinct()],
                commit,
                cancellationToken
            )
            .ConfigureAwait(false);
        HashSet<string> tainted = await FindTaintedAsync(worth, commit, strangers, cancellationToken)
            .ConfigureAwait(false);
        Dictionary<string, string> names = Names(refs);
        Dictionary<string, string> pinned = [];
        RefTransaction transaction = new();
        bool moves = false;
        foreach ((string name, string id) in refs)
        {
            string pin = names[name];
            string? old = before.GetValueOrDefault(pin);
            if (old != id && (!worth.Contains(id) || tainted.Contains(id)))
            {
                continue;
            }

            pinned[name] = pin;
            if (old != id)
            {
                transaction.Update(pin, id, old ?? repository.NullId);
                moves = true;
            }
        }

        bool done = !moves || await repository.TryUpdateAsync(transaction, cancellationToken).ConfigureAwait(false);
        return (done ? pinned : FrozenDictionary<string, string>.Empty, done && tainted.Count == 0);
    }

    // A branch that stands on the base is of no interest, and neither is what is another attempt's.
    private async Task<HashSet<string>> FindWorthAsync(string[] ids, string commit, CancellationToken cancellationToken)
    {
        GitResult kinds = await repository
            .Client.RunAsync(
                GitCommand.In(repository.CommonDirectory, "cat-file", "--batch-check=%(objectname) %(objecttype)") with
                {
                    Input = string.Join('\n', ids) + "\n",
                },
                cancellationToken
            )
            .ConfigureAwait(false);
        ILookup<string, string> byKind = kinds
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(' '))
            .ToLookup(l => l[1], l => l[0]);
        string[] commits = [.. byKind["commit"]];
        HashSet<string> worth = [.. byKind["tag"], .. byKind["blob"], .. byKind["tree"]];
        if (commits.Length > 0)
        {
            GitCommand unknown = GitCommand.In(
                repository.CommonDirectory,
                [.. "rev-list --not --all".Split(' '), commit, "--stdin"]
            ) with
            {
                Input = string.Join('\n', commits) + "\n",
            };
            GitResult list = await repository.Client.RunAsync(unknown, cancellationToken).ConfigureAwait(false);
            worth.UnionWith(list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Intersect(commits));
        }

        return worth;
    }

    private async Task<HashSet<string>> FindTaintedAsync(
        HashSet<string> ids,
        string commit,
        IReadOnlyList<string> strangers,
        CancellationToken cancellationToken
    )
    {
        HashSet<string> tainted = [];
        foreach (string id in strangers.Count == 0 ? [] : ids)
        {
            GitResult touched = await repository
                .TryRunAsync(
                    cancellationToken,
                    [
                        .. "rev-list --full-history --max-count=1".Split(' '),
                        id,
                        "--not",
                        commit,
                        "--",
                        .. strangers.Select(p => $":(top,literal){p}"),
                    ]
                )
                .ConfigureAwait(false);
            if (!touched.Ok || touched.Line.Length > 0)
            {
                tainted.Add(id);
            }
        }

        return tainted;
    }

    // The worker's own as far as they can be names beside each other; a slug for the others.
    private Dictionary<string, string> Names(GitSettings refs)
    {
        Dictionary<string, string> names = [];
        HashSet<string> folders = new(StringComparer.OrdinalIgnoreCase),
            taken = new(StringComparer.OrdinalIgnoreCase);
        foreach (string name in refs.Select(r => r.Key))
        {
            string own = name.StartsWith(RefsPrefix, StringComparison.Ordinal) ? name[RefsPrefix.Length..] : name;
            string[] above = [.. own.Select((c, i) => c == '/' ? own[..i] : "").Where(f => f.Length > 0)];
            bool fits =
                own.Length < 200
                && RefNames.IsBranch(own)
                && !folders.Contains(own)
                && !above.Any(taken.Contains)
                && taken.Add(own);
            if (fits)
            {
                folders.UnionWith(above);
            }

            names[name] = _prefix + (fits ? own : Slug.Of(name));
        }

        return names;
    }
}
