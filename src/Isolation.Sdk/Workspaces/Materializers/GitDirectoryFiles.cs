using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

// What a filter looks for in the git directory, as git-crypt does for its keys: a worker's has a copy of it.
internal static class GitDirectoryFiles
{
    private const string Prefix = ".git/";
    private const int MaxFiles = 100;
    private const long MaxBytes = 1 << 20;
    private static readonly string[] Always = [".git/git-crypt"];

    // Git's, or the library's: a worker has its own.
    private static readonly string[] Reserved = (
        "HEAD config config.worktree hooks objects refs reftable index packed-refs shallow commondir gitdir "
        + "locked logs info worktrees modules lfs isolation"
    ).Split(' ');

    public static bool IsOne(string path) =>
        path.StartsWith(Prefix, StringComparison.Ordinal)
        && path.Split('/') is [_, { Length: > 0 } first, ..] parts
        && !Reserved.Contains(first, StringComparer.OrdinalIgnoreCase)
        && !parts.Any(p => p is "" or "." or "..")
        && !path.Any(c => c is '*' or '?' or '[' or '\\');

    public static void Copy(GitRepository repository, string gitDirectory, IEnumerable<string> copied)
    {
        foreach (string name in Always.Concat(copied.Where(IsOne)).Distinct().Select(p => p[Prefix.Length..]))
        {
            string from = Path.Combine(repository.CommonDirectory, name);
            foreach (FileInfo file in Find(from).Take(MaxFiles))
            {
                string to = Path.Combine(gitDirectory, Path.GetRelativePath(repository.CommonDirectory, file.FullName));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                file.CopyTo(to);
            }
        }
    }

    private static IEnumerable<FileInfo> Find(string path) =>
        new DirectoryInfo(path) is { Exists: true, LinkTarget: null } folder
            ? folder.EnumerateFiles("*", FileSearch.Below).Where(f => f.Length is > 0 and < MaxBytes)
        : new FileInfo(path) is { Exists: true, LinkTarget: null, Length: > 0 and < MaxBytes } file ? [file]
        : [];
}
