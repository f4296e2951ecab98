namespace Isolation.Sdk.Guard;

/// <summary>An entry that lacks one of its parts makes git fail for everybody.</summary>
internal sealed class WorktreeSnapshotReader(string commonDirectory)
{
    private const string Suffix = "/unfinished";
    private static readonly string[] Parts = ["HEAD", "gitdir", "commondir"];

    public static bool IsUnfinished(string name) => name.EndsWith(Suffix, StringComparison.Ordinal);

    public void Read(Dictionary<string, string> facts, Dictionary<string, string> passing)
    {
        string folder = Path.Combine(commonDirectory, "worktrees");
        if (!Directory.Exists(folder))
        {
            return;
        }

        foreach (string entry in Directory.EnumerateDirectories(folder))
        {
            string name = $"worktrees/{Path.GetFileName(entry)}";
            foreach (string part in Parts)
            {
                if (FileFingerprint.ReadLine(Path.Combine(entry, part)) is { } line)
                {
                    facts[$"{name}/{part}"] = line;
                }
            }

            if (Unfinished(entry) is { } lacks)
            {
                passing[name + Suffix] = lacks;
            }

            foreach (GitFolderEntry locked in GitFolderEnumerator.Of(entry, deep: false).Where(e => e.IsLock))
            {
                passing[$"{name}/{Path.GetFileName(locked.Path)}"] = FileFingerprint.OfWriteTime(locked.Written);
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
