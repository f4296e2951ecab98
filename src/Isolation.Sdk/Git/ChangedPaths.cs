namespace Isolation.Sdk.Git;

internal static class ChangedPaths
{
    private const int MaxCommits = 2000;

    public static async Task<IReadOnlyList<string>> BetweenAsync(
        GitRepository repository,
        string from,
        string to,
        CancellationToken cancellationToken
    )
    {
        GitResult answer = await repository
            .RunAsync(
                cancellationToken,
                [.. "diff-tree -r -z --name-only --no-renames --no-ext-diff --no-commit-id".Split(' '), from, to]
            )
            .ConfigureAwait(false);
        return [.. answer.Fields.Order(StringComparer.Ordinal)];
    }

    // Paths touched by commits that a tip has and the others do not have: one process for any number of tips. A merge
    // by itself touches nothing.
    public static async Task<IReadOnlyDictionary<string, IReadOnlySet<string>>> OfTipsAsync(
        GitRepository repository,
        IReadOnlyCollection<string> tips,
        IEnumerable<string> without,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, IReadOnlySet<string>> found = new();
        string[] distinct = [.. tips.Distinct()];
        if (distinct.Length == 0)
        {
            return found;
        }

        // The marker is new each time, so that no file name can pass for the start of a commit.
        string marker = Guid.NewGuid().ToString("n");
        string[] arguments =
        [
            .. "log -z --name-only --no-renames --diff-merges=off".Split(' '),
            $"--max-count={MaxCommits}",
            $"--format={marker}%x00%S%x00",
            .. distinct,
            "--not",
            .. without.Distinct(),
        ];
        GitResult answer = await repository.RunAsync(cancellationToken, arguments).ConfigureAwait(false);
        foreach (string[] fields in answer.Output.Split(marker + '\0').Skip(1).Select(r => r.Split('\0')))
        {
            HashSet<string> paths = found.TryGetValue(fields[0], out IReadOnlySet<string>? known)
                ? (HashSet<string>)known
                : new HashSet<string>();
            paths.UnionWith(fields.Skip(1).Select(f => f.TrimStart('\n')).Where(f => f.Length > 0));
            found[fields[0]] = paths;
        }

        return found;
    }
}
