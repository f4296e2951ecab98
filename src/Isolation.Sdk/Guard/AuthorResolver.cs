using Isolation.Sdk.Git;

namespace Isolation.Sdk.Guard;

/// <summary>Finds in git's own logs and settings which work tree made a branch, a stash entry or a setting.</summary>
internal sealed class AuthorResolver(GitRepository repository)
{
    private const string Heads = "refs/heads/";
    private const string OnBranch = "ref: " + Heads;
    private readonly Dictionary<string, IReadOnlyCollection<string>> _known = new();
    private readonly HashSet<string> _sections = new();

    // null when nothing says who: a change of what was there leaves no such trace.
    public IReadOnlyCollection<string>? FindWorktrees(string name, bool appeared)
    {
        if (name == "config")
        {
            return EditorsOfConfig() is { Length: > 0 } who ? who : null;
        }

        string[] found =
            name == "refs/stash" ? CreatorsOfStash()
            : appeared && name.StartsWith(Heads, StringComparison.Ordinal) ? CreatorsOfBranch(name[Heads.Length..])
            : [];
        if (found.Length > 0)
        {
            _known[name] = found;
        }

        // With a ref its log goes too: who made it is remembered.
        return _known.GetValueOrDefault(name);
    }

    private string[] CreatorsOfBranch(string branch) =>
        [
            .. Entries()
                .Where(e =>
                    BranchOf(e) == branch
                    || Lines(Path.Combine(e, "logs", "HEAD"))
                        .Any(l =>
                            l.Contains("\tcheckout: moving from ")
                            && l.EndsWith($" to {branch}", StringComparison.Ordinal)
                        )
                )
                .Select(WorkTree),
        ];

    private string[] CreatorsOfStash()
    {
        string said = Lines(Path.Combine(repository.CommonDirectory, "logs", "refs", "stash")).LastOrDefault()
            is { } line
            ? line[(line.IndexOf('\t') + 1)..]
            : "";
        return [.. Entries().Where(e => BranchOf(e) is { } branch && said.Contains($"n {branch}: ")).Select(WorkTree)];
    }

    // "push -u" and "branch --set-upstream-to" write a section of the branch into the settings of all.
    private string[] EditorsOfConfig()
    {
        string[] sections = Lines(Path.Combine(repository.CommonDirectory, "config"));
        return
        [
            .. Entries()
                .Where(e =>
                    BranchOf(e) is { } branch && sections.Contains($"[branch \"{branch}\"]") && _sections.Add(branch)
                )
                .Select(WorkTree),
        ];
    }

    private static string? BranchOf(string entry) =>
        Lines(Path.Combine(entry, "HEAD")).FirstOrDefault() is { } head
        && head.StartsWith(OnBranch, StringComparison.Ordinal)
            ? head[OnBranch.Length..]
            : null;

    private static string WorkTree(string entry) =>
        Lines(Path.Combine(entry, "gitdir")).FirstOrDefault() is { } pointer ? Path.GetDirectoryName(pointer)! : entry;

    private string[] Entries()
    {
        string folder = Path.Combine(repository.CommonDirectory, "worktrees");
        return Directory.Exists(folder) ? Directory.GetDirectories(folder) : [];
    }

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // Not there, or no longer, or no file.
        }
    }
}
