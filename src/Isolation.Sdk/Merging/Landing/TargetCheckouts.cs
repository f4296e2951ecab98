using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>No process, so it is asked again before every landing.</summary>
internal static class TargetCheckouts
{
    public static IReadOnlyList<string> Of(GitRepository repository, string target) =>
        [
            .. WorktreeFiles
                .Entries(repository)
                .Where(e => Holds(e, target))
                .Select(WorktreeFiles.PathOf)
                .Prepend(Holds(repository.CommonDirectory, target) ? MainWorkTree(repository) : null)
                .OfType<string>()
                .Where(Directory.Exists),
        ];

    public static IEnumerable<string> CheckedOutRefs(GitRepository repository) =>
        WorktreeFiles
            .Entries(repository)
            .Prepend(repository.CommonDirectory)
            .Select(WorktreeFiles.RefOf)
            .OfType<string>();

    private static bool Holds(string gitDirectory, string target) =>
        WorktreeFiles.RefOf(gitDirectory) == target
        || TextFile.TryRead(Path.Combine(gitDirectory, "rebase-merge", "head-name")) == target
        || TextFile.TryRead(Path.Combine(gitDirectory, "rebase-apply", "head-name")) == target;

    private static string? MainWorkTree(GitRepository repository)
    {
        if (repository.GitDirectory == repository.CommonDirectory)
        {
            return repository.TopLevel;
        }

        // Opened by a linked worktree: the main one is the folder around ".git", unless that is a bare repository.
        bool bare = (TextFile.TryRead(Path.Combine(repository.CommonDirectory, "config")) ?? "")
            .Split('\n')
            .Any(l => l.Replace(" ", "").Trim().Equals("bare=true", StringComparison.OrdinalIgnoreCase));
        return !bare && Path.GetFileName(repository.CommonDirectory) == ".git"
            ? Path.GetDirectoryName(repository.CommonDirectory)
            : null;
    }
}
