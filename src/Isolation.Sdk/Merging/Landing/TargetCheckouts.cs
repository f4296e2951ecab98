using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>No process, so it is asked again before every landing.</summary>
internal static class TargetCheckouts
{
    private const string SymbolicRef = "ref: ";

    // In the middle of a rebase, too.
    public static IReadOnlyList<string> Of(GitRepository repository, string target)
    {
        List<string> found = [];
        if (MainWorkTree(repository) is { } main && Holds(repository.CommonDirectory, target))
        {
            found.Add(main);
        }

        foreach (string entry in GitDirectories(repository).Skip(1))
        {
            string pointer = Path.Combine(entry, "gitdir");
            if (
                Holds(entry, target)
                && Read(pointer) is { } path
                && Path.GetDirectoryName(path) is { } tree
                && Directory.Exists(tree)
            )
            {
                found.Add(tree);
            }
        }

        return found;
    }

    public static IEnumerable<string> CheckedOutRefs(GitRepository repository) =>
        GitDirectories(repository)
            .Select(d => Read(Path.Combine(d, "HEAD")))
            .OfType<string>()
            .Where(h => h.StartsWith(SymbolicRef, StringComparison.Ordinal))
            .Select(h => h[SymbolicRef.Length..]);

    private static IEnumerable<string> GitDirectories(GitRepository repository)
    {
        string linked = Path.Combine(repository.CommonDirectory, "worktrees");
        return (Directory.Exists(linked) ? Directory.GetDirectories(linked) : [])
            .Order(StringComparer.Ordinal)
            .Prepend(repository.CommonDirectory);
    }

    private static bool Holds(string gitDirectory, string target) =>
        Read(Path.Combine(gitDirectory, "HEAD")) == SymbolicRef + target
        || Read(Path.Combine(gitDirectory, "rebase-merge", "head-name")) == target
        || Read(Path.Combine(gitDirectory, "rebase-apply", "head-name")) == target;

    private static string? MainWorkTree(GitRepository repository)
    {
        if (repository.GitDirectory == repository.CommonDirectory)
        {
            return repository.TopLevel;
        }

        // Opened by a linked worktree: the main one is the folder around ".git", unless that is a bare repository.
        bool bare = (Read(Path.Combine(repository.CommonDirectory, "config")) ?? "")
            .Split('\n')
            .Any(l => l.Replace(" ", "").Trim().Equals("bare=true", StringComparison.OrdinalIgnoreCase));
        return !bare && Path.GetFileName(repository.CommonDirectory) == ".git"
            ? Path.GetDirectoryName(repository.CommonDirectory)
            : null;
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).TrimEnd('\n', '\r');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
