namespace Isolation.Sdk.Workspaces;

/// <summary>What a worker's own repository has refs on. Read as files, none of them trusted: no link is followed, nothing long or endless is read, and there is a most.</summary>
/// <param name="Found">Names and ids; refs of remotes are left out, since what they hold came from there.</param>
/// <param name="IsAll">Whether there are no more, and none that cannot be read.</param>
internal sealed record CloneRefs(IReadOnlyList<KeyValuePair<string, string>> Found, bool IsAll)
{
    /// <summary>The most that are kept of one worker.</summary>
    public const int MaxRefs = 1000;

    private const int LongestFile = 8 * 1024 * 1024;
    private static readonly EnumerationOptions NoLinks = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = true,
    };

    public static CloneRefs None { get; } = new([], true);

    public static CloneRefs Read(string gitDirectory, int idLength)
    {
        Dictionary<string, string> refs = new(StringComparer.Ordinal);
        bool all = !Directory.Exists(Path.Combine(gitDirectory, "reftable"));
        foreach (
            (string name, string id) in Loose(gitDirectory)
                .Concat(Packed(gitDirectory))
                .Concat(Stashed(gitDirectory))
                .Concat(Standing(gitDirectory))
        )
        {
            if (
                id.Length != idLength
                || !id.All(char.IsAsciiHexDigitLower)
                || name.StartsWith("refs/remotes/", StringComparison.Ordinal)
            )
            {
                continue;
            }

            if (refs.Count == MaxRefs)
            {
                all = false;
                break;
            }

            refs.TryAdd(name, id);
        }

        return new CloneRefs([.. refs.OrderBy(r => r.Key, StringComparer.Ordinal)], all);
    }

    private static IEnumerable<(string Name, string Id)> Loose(string gitDirectory)
    {
        string refs = Path.Combine(gitDirectory, "refs");
        return Directory.Exists(refs)
            ? Directory
                .EnumerateFiles(refs, "*", NoLinks)
                .Where(f => !f.EndsWith(".lock", StringComparison.Ordinal))
                .Select(f => (Path.GetRelativePath(gitDirectory, f).Replace('\\', '/'), Text(f, 200)))
            : [];
    }

    private static IEnumerable<(string Name, string Id)> Packed(string gitDirectory) =>
        from line in Text(Path.Combine(gitDirectory, "packed-refs"), LongestFile).Split('\n')
        let space = line.IndexOf(' ', StringComparison.Ordinal)
        where space >= 40 && line[0] is not ('#' or '^')
        select (line[(space + 1)..], line[..space]);

    // The stash is a ref and its log: the entries below the topmost are in the log alone.
    private static IEnumerable<(string Name, string Id)> Stashed(string gitDirectory) =>
        Text(Path.Combine(gitDirectory, "logs", "refs", "stash"), LongestFile)
            .Split('\n')
            .Reverse()
            .Select((line, n) => ($"stash@{{{n}}}", line.Split(' ') is [_, { } id, ..] ? id : ""))
            .Skip(1);

    // A work tree that the worker added to its clone may stand on commits that no branch has.
    private static IEnumerable<(string Name, string Id)> Standing(string gitDirectory)
    {
        string worktrees = Path.Combine(gitDirectory, "worktrees");
        return Directory.Exists(worktrees) && new DirectoryInfo(worktrees).LinkTarget is null
            ? Directory
                .EnumerateDirectories(
                    worktrees,
                    "*",
                    new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true }
                )
                .Select(d => ($"worktrees/{Path.GetFileName(d)}/HEAD", Text(Path.Combine(d, "HEAD"), 200)))
            : [];
    }

    private static string Text(string path, int longest)
    {
        try
        {
            FileInfo file = new(path);
            return file.LinkTarget is null && file.Exists && file.Length > 0 && file.Length <= longest
                ? File.ReadAllText(path).TrimEnd('\n')
                : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
