using Isolation.Sdk.IO;

namespace Isolation.Sdk.Git;

/// <summary>
/// Reads refs of git's files backend, the repository's and a worker's own, of which nothing is trusted.
/// </summary>
internal static class RefReader
{
    public const int MaxUntrusted = 1000;
    private const int MaxRefBytes = 200,
        MaxListBytes = 8 * 1024 * 1024;

    private const string RemotesPrefix = "refs/remotes/";
    private const int MinPrefix = 40,
        ShownDigits = 12;

    private static readonly string[] PseudoRefs =
    [
        "ORIG_HEAD",
        "MERGE_HEAD",
        "CHERRY_PICK_HEAD",
        "REVERT_HEAD",
        "REBASE_HEAD",
        "BISECT_HEAD",
        "MERGE_AUTOSTASH",
        "rebase-merge/orig-head",
        "rebase-merge/autostash",
        "rebase-apply/orig-head",
        "rebase-apply/autostash",
    ];
    private static readonly EnumerationOptions TopOnly = new()
    {
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = true,
    };

    public static void ReadAll(string commonDirectory, IDictionary<string, string> refs, string prefix = "refs/")
    {
        // Loose ones first, as git reads them: one that is being packed meanwhile is in the packed file before its own
        // goes.
        Dictionary<string, string> packed = new();
        foreach ((string name, string value) in ReadLoose(commonDirectory, prefix, long.MaxValue))
        {
            refs[name] = value;
        }

        ReadPacked(commonDirectory, packed, prefix);
        foreach ((string name, string id) in packed)
        {
            refs.TryAdd(name, id);
        }
    }

    public static string? Read(string commonDirectory, string name)
    {
        string value = ReadText(Path.Combine(commonDirectory, name), long.MaxValue);
        if (value.Length >= MinPrefix && !value.StartsWith("ref:", StringComparison.Ordinal))
        {
            return value;
        }

        Dictionary<string, string> packed = new();
        ReadPacked(commonDirectory, packed, name);
        return packed.GetValueOrDefault(name);
    }

    public static void ReadPacked(string commonDirectory, IDictionary<string, string> refs, string prefix)
    {
        string packed = Path.Combine(commonDirectory, "packed-refs");
        if (File.Exists(packed))
        {
            using StreamReader lines = new(packed);
            AddPacked(lines, refs, prefix);
        }
    }

    public static bool AddPacked(TextReader lines, IDictionary<string, string> refs, string prefix)
    {
        bool whole = true;
        while (lines.ReadLine() is { } line)
        {
            bool isComment = line.Length > 0 && line[0] is '#' or '^';
            int space = isComment ? -1 : line.IndexOf(' ');
            if (space >= MinPrefix && line.Length > space + 1)
            {
                if (line.AsSpan(space + 1).StartsWith(prefix, StringComparison.Ordinal))
                {
                    refs[line[(space + 1)..]] = line[..space];
                }
            }
            else if (!isComment)
            {
                whole = false;
            }
        }

        return whole;
    }

    // No link is followed, nothing long or endless is read. What refs of remotes hold came from there.
    public static UntrustedRefs ReadUntrusted(string gitDirectory, int idLength)
    {
        Dictionary<string, string> refs = new(),
            packed = new();
        AddPacked(
            new StringReader(ReadText(Path.Combine(gitDirectory, "packed-refs"), MaxListBytes, links: false)),
            packed,
            ""
        );
        bool all = !Directory.Exists(Path.Combine(gitDirectory, "reftable"));
        foreach (
            (string name, string id) in ReadLoose(gitDirectory, "refs/", MaxRefBytes)
                .Concat(packed.Select(p => (p.Key, p.Value)))
                .Concat(ReadStash(gitDirectory))
                .Concat(ReadWorktreeHeads(gitDirectory))
                .Where(r => IsId(r.Item2, idLength) && !r.Item1.StartsWith(RemotesPrefix, StringComparison.Ordinal))
        )
        {
            if (refs.Count == MaxUntrusted)
            {
                all = false;
                break;
            }

            refs.TryAdd(name, id);
        }

        // What a ref names needs no other name.
        HashSet<string> named = [.. refs.Values];
        foreach (
            (string name, string id) in ReadPseudoRefs(gitDirectory)
                .Concat(ReadLog(gitDirectory, "HEAD"))
                .Where(r => IsId(r.Item2, idLength))
        )
        {
            all &= refs.Count < MaxUntrusted;
            if (all && named.Add(id))
            {
                refs.TryAdd(name, id);
            }
        }

        return new UntrustedRefs([.. refs.OrderBy(r => r.Key, StringComparer.Ordinal)], all);
    }

    public static string? ReadUntrustedHead(string gitDirectory, int idLength) =>
        ReadText(Path.Combine(gitDirectory, "HEAD"), MaxRefBytes, links: false) is { } id && IsId(id, idLength)
            ? id
            : null;

    // What a remote was last seen to have.
    public static IEnumerable<string> ReadUntrustedRemotes(string gitDirectory, int idLength)
    {
        Dictionary<string, string> packed = new();
        AddPacked(
            new StringReader(ReadText(Path.Combine(gitDirectory, "packed-refs"), MaxListBytes, links: false)),
            packed,
            RemotesPrefix
        );
        return ReadLoose(gitDirectory, RemotesPrefix, MaxRefBytes)
            .Select(r => r.Item2)
            .Concat(packed.Values)
            .Where(id => IsId(id, idLength))
            .Distinct()
            .Take(MaxUntrusted);
    }

    private static bool IsId(string text, int length) => text.Length == length && text.All(char.IsAsciiHexDigitLower);

    private static IEnumerable<(string, string)> ReadLoose(string gitDirectory, string prefix, long max)
    {
        string folder = Path.Combine(gitDirectory, prefix);
        return Directory.Exists(folder)
            ? Directory
                .EnumerateFiles(folder, "*", FileSearch.Below)
                .Where(f => !f.EndsWith(".lock", StringComparison.Ordinal))
                .Select(f =>
                    (
                        Path.GetRelativePath(gitDirectory, f).Replace('\\', '/'),
                        ReadText(f, max, links: max == long.MaxValue)
                    )
                )
                .Where(r => r.Item2.Length > 0)
            : [];
    }

    // The stash is a ref and its log: the entries below the topmost are in the log alone.
    private static IEnumerable<(string, string)> ReadStash(string gitDirectory) =>
        ReadText(Path.Combine(gitDirectory, "logs", "refs", "stash"), MaxListBytes, links: false)
            .Split('\n')
            .Reverse()
            .Select((line, n) => ($"stash@{{{n}}}", line.Split(' ') is [_, { } id, ..] ? id : ""))
            .Skip(1);

    // What was undone or is under way. FETCH_HEAD holds what came from elsewhere.
    private static IEnumerable<(string, string)> ReadPseudoRefs(string gitDirectory) =>
        PseudoRefs.Select(name => (name, ReadText(Path.Combine(gitDirectory, name), MaxRefBytes, links: false)));

    private static IEnumerable<(string, string)> ReadLog(string gitDirectory, string name) =>
        Reflog
            .Tips(ReadText(Path.Combine(gitDirectory, "logs", name), MaxListBytes, links: false))
            .Select(id => ($"reflog/{id[..Math.Min(id.Length, ShownDigits)]}", id));

    // A work tree that the worker added to its clone may stand on commits that no branch has.
    private static IEnumerable<(string, string)> ReadWorktreeHeads(string gitDirectory)
    {
        string worktrees = Path.Combine(gitDirectory, "worktrees");
        return Directory.Exists(worktrees) && new DirectoryInfo(worktrees).LinkTarget is null
            ? Directory
                .EnumerateDirectories(worktrees, "*", TopOnly)
                .Select(d =>
                    (
                        $"worktrees/{Path.GetFileName(d)}/HEAD",
                        ReadText(Path.Combine(d, "HEAD"), MaxRefBytes, links: false)
                    )
                )
            : [];
    }

    private static string ReadText(string path, long max, bool links = true)
    {
        try
        {
            FileInfo file = new(path);

            // Nothing, or a pipe: opening one would wait for ever.
            return file.Exists && file.Length > 0 && file.Length <= max && (links || file.LinkTarget is null)
                ? File.ReadAllText(path).Trim()
                : "";
        }
        catch (Exception e)
            when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException
                || (!links && e is IOException)
            )
        {
            return "";
        }
    }
}

internal sealed record UntrustedRefs(IReadOnlyList<KeyValuePair<string, string>> Found, bool IsAll);
