using System.IO.Enumeration;

namespace Isolation.Sdk.Workspaces;

/// <summary>A file in a worktree's git directory that says which commit holds its content; its time stamp, taken from the file system's own clock, says since when.</summary>
internal static class PinnedMark
{
    private const string Name = "isolation-pinned";

    // A link's own making shows in its folder; where it leads is not the worker's.
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };

    public static void Set(string gitDirectory, string commit)
    {
        // File systems stamp with a clock of some milliseconds a tick. Only a mark from a later tick than all before it tells a write after it from one before.
        string path = Path.Combine(gitDirectory, Name);
        File.WriteAllText(path, commit);
        DateTime before = File.GetLastWriteTimeUtc(path);
        SpinWait wait = default;
        while (File.GetLastWriteTimeUtc(path) <= before)
        {
            wait.SpinOnce();
            File.WriteAllText(path, commit);
        }
    }

    /// <summary>Notes the moment before a capture looks; <see langword="null"/> where there is no git directory any more.</summary>
    public static DateTime? Begin(string gitDirectory)
    {
        if (!Directory.Exists(gitDirectory))
        {
            return null;
        }

        Set(gitDirectory, "");
        return File.GetLastWriteTimeUtc(Path.Combine(gitDirectory, Name));
    }

    /// <summary>Says that everything up to that moment is pinned.</summary>
    public static void Complete(string gitDirectory, string commit, DateTime since)
    {
        string path = Path.Combine(gitDirectory, Name);
        File.WriteAllText(path, commit);
        File.SetLastWriteTimeUtc(path, since);
    }

    public static string? Read(string gitDirectory) => File.Exists(Path.Combine(gitDirectory, Name)) ? File.ReadAllText(Path.Combine(gitDirectory, Name)) : null;

    /// <summary>Whether anything was written since: a file or folder of the work tree, HEAD, or HEAD's log. Looks at time stamps only and runs nothing of the worker's.</summary>
    public static bool IsStale(string gitDirectory, string workTree)
    {
        FileInfo mark = new(Path.Combine(gitDirectory, Name));
        if (!mark.Exists)
        {
            return true;
        }

        DateTime since = mark.LastWriteTimeUtc;
        return File.GetLastWriteTimeUtc(Path.Combine(gitDirectory, "HEAD")) >= since || File.GetLastWriteTimeUtc(Path.Combine(gitDirectory, "logs", "HEAD")) >= since || IsTreeNewer(workTree, since);
    }

    /// <summary>Files of the work tree that were written since, by their paths in it; all of them where nothing was ever pinned.</summary>
    public static IEnumerable<string> Newer(string gitDirectory, string workTree)
    {
        FileInfo mark = new(Path.Combine(gitDirectory, Name));
        DateTime since = mark.Exists ? mark.LastWriteTimeUtc : DateTime.MinValue;
        return FilesOf(new DirectoryInfo(workTree)).Where(f => f.LastWriteTimeUtc > since).Select(f => Path.GetRelativePath(workTree, f.FullName)).Where(p => p != ".git");
    }

    private static IEnumerable<FileSystemInfo> FilesOf(DirectoryInfo folder) => folder
        .EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = true })
        .OrderBy(e => e.Name, StringComparer.Ordinal)
        .SelectMany(e => e is DirectoryInfo below && e.LinkTarget is null ? FilesOf(below) : [e]);

    private static bool IsTreeNewer(string workTree, DateTime since) =>
        Directory.GetLastWriteTimeUtc(workTree) >= since || new FileSystemEnumerable<bool>(workTree, (ref FileSystemEntry e) => e.LastWriteTimeUtc.UtcDateTime >= since, Everything).Any(newer => newer);
}
