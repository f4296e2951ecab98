using Isolation.Sdk.Git;

namespace Isolation.Sdk.Guard;

/// <summary>An entry that lacks one of its parts makes git fail for everybody.</summary>
internal static class WorktreeSnapshotReader
{
    private const string Suffix = "/unfinished";
    private static readonly string[] Parts = ["HEAD", "gitdir", "commondir"];

    public static bool IsUnfinished(string name) => name.EndsWith(Suffix, StringComparison.Ordinal);

    public static void Read(GitRepository repository, RepositorySnapshot read)
    {
        foreach (string entry in WorktreeFiles.Entries(repository))
        {
            string name = $"worktrees/{Path.GetFileName(entry)}";
            foreach (string part in Parts)
            {
                if (FileFingerprint.ReadLine(Path.Combine(entry, part)) is { } line)
                {
                    read.Facts[$"{name}/{part}"] = line;
                }
            }

            if (Unfinished(entry) is { } lacks)
            {
                read.Passing[name + Suffix] = lacks;
            }

            foreach (GitFolderEntry locked in GitFolderEnumerator.Of(entry, deep: false).Where(e => e.IsLock))
            {
                read.Passing[$"{name}/{Path.GetFileName(locked.Path)}"] = FileFingerprint.OfWriteTime(locked.Written);
            }
        }
    }

    public static string? Unfinished(string entry)
    {
        string[] lacks =
        [
            .. Parts.Where(p =>
                FileFingerprint.ReadLine(Path.Combine(entry, p)) is not { Length: > 0 } line || line.All(c => c == '0')
            ),
        ];
        return lacks.Length > 0 && Directory.Exists(entry)
            ? $"without {string.Join(" and ", lacks)}, "
                + FileFingerprint.OfWriteTime(Directory.GetLastWriteTimeUtc(entry))
            : null;
    }
}
