using Isolation.Sdk.IO;

namespace Isolation.Sdk.Git;

internal static class WorktreeFiles
{
    public const string SymbolicRef = "ref: ";

    public static IEnumerable<string> Entries(GitRepository repository)
    {
        string folder = Path.Combine(repository.CommonDirectory, "worktrees");
        return Directory.Exists(folder) ? Directory.GetDirectories(folder).Order(StringComparer.Ordinal) : [];
    }

    public static string? RefOf(string gitDirectory) =>
        TextFile.TryRead(Path.Combine(gitDirectory, "HEAD")) is { } head
        && head.StartsWith(SymbolicRef, StringComparison.Ordinal)
            ? head[SymbolicRef.Length..]
            : null;

    public static string? PathOf(string entry) =>
        Path.GetDirectoryName(TextFile.TryRead(Path.Combine(entry, "gitdir")));
}
