using System.Globalization;

namespace Isolation.Sdk.Git;

/// <summary>Which branches of a remote were pushed from here lately, by what git itself notes of it.</summary>
internal static class PushLog
{
    private const int MaxFiles = 2000;
    private const int TailBytes = 2048;

    // Full names of tracking refs, sorted. No process.
    public static IReadOnlyList<string> FindSince(string commonDirectory, DateTimeOffset since)
    {
        string logs = Path.Combine(commonDirectory, "logs");
        string remotes = Path.Combine(logs, "refs", "remotes");
        try
        {
            return !Directory.Exists(remotes)
                ? []
                :
                [
                    .. new DirectoryInfo(remotes)
                        .EnumerateFiles("*", IO.FileSearch.Below)
                        .Take(MaxFiles)
                        .Where(f => f.LinkTarget is null && f.LastWriteTimeUtc >= since.UtcDateTime && IsPush(f, since))
                        .Select(f => Path.GetRelativePath(logs, f.FullName).Replace('\\', '/'))
                        .Order(StringComparer.Ordinal),
                ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // "old new Name <mail> seconds zone<tab>update by push"
    private static bool IsPush(FileInfo log, DateTimeOffset since)
    {
        using FileStream file = new(
            log.FullName,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete
        );
        file.Position = Math.Max(0, file.Length - TailBytes);
        using StreamReader reader = new(file);
        return reader
            .ReadToEnd()
            .Split('\n')
            .Where(l => l.EndsWith("\tupdate by push", StringComparison.Ordinal))
            .Select(l => l[(l.LastIndexOf("> ", StringComparison.Ordinal) + 2)..].Split(' ')[0])
            .Any(s =>
                long.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
                && seconds >= since.ToUnixTimeSeconds()
            );
    }
}
