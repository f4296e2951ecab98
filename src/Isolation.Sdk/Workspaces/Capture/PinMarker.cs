using System.Text;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

// Says which commit holds a workspace's content; its time stamp, from the file system's own clock, says since when. In
// a private clone it lies beside the work tree: the git directory is the worker's.
internal sealed class PinMarker(WorkspaceInfo info)
{
    private const string Name = "isolation-pinned";

    private const int LongestPath = 4096;

    // Its objects and index change by being looked at.
    private static readonly string[] Standing = ["HEAD", "packed-refs", "refs", "logs", "worktrees"];

    public static bool IsMarker(string path) => Path.GetFileName(path) == Name;

    private string Folder => info.HasOwnRepository ? Path.GetDirectoryName(info.Path)! : info.GitDirectory;

    private string Marker => Path.Combine(Folder, Name);

    // Every change before it has an earlier time, and every one after it has not.
    public DateTime Set(string commit)
    {
        // Only a mark from a later tick of the file system's clock tells a write after it from one before.
        File.WriteAllText(Marker, commit);
        DateTime before = File.GetLastWriteTimeUtc(Marker);
        SpinWait wait = default;
        DateTime now;
        while ((now = File.GetLastWriteTimeUtc(Marker)) <= before)
        {
            wait.SpinOnce();
            File.WriteAllText(Marker, commit);
        }

        return now;
    }

    public DateTime? Begin() => Directory.Exists(Folder) ? Set("") : null;

    public void Complete(string commit, DateTime since)
    {
        File.WriteAllText(Marker, commit);
        File.SetLastWriteTimeUtc(Marker, since);
    }

    public string? Read() => File.Exists(Marker) ? File.ReadAllText(Marker) : null;

    public void Remove()
    {
        if (info.HasOwnRepository && Directory.Exists(Folder))
        {
            File.Delete(Marker);
        }
    }

    // Looks at time stamps only and runs nothing of the worker's.
    public bool IsStale()
    {
        FileInfo mark = new(Marker);
        if (!mark.Exists)
        {
            return true;
        }

        DateTime since = mark.LastWriteTimeUtc;
        return info.HasOwnRepository
            ? IsTreeNewer(info.Path, since, except: info.GitDirectory)
                || new FileInfo(info.GitDirectory).LinkTarget is not null
                || Standing.Any(name => IsNewer(Path.Combine(info.GitDirectory, name), since))
            : IsNewer(Path.Combine(info.GitDirectory, "HEAD"), since)
                || IsNewer(Path.Combine(info.GitDirectory, "logs", "HEAD"), since)
                || IsTreeNewer(info.Path, since);
    }

    public IEnumerable<string> Newer()
    {
        FileInfo mark = new(Marker);
        DateTime since = mark.Exists ? mark.LastWriteTimeUtc : DateTime.MinValue;
        return FilesOf(new DirectoryInfo(info.Path))
            .Where(f => f.LastWriteTimeUtc >= since)
            .Select(f => Path.GetRelativePath(info.Path, f.FullName))
            .Where(p => p != ".git" && !p.StartsWith(".git" + Path.DirectorySeparatorChar, StringComparison.Ordinal));
    }

    private static IEnumerable<FileSystemInfo> FilesOf(DirectoryInfo folder) =>
        folder
            .EnumerateFileSystemInfos(
                "*",
                new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true }
            )
            .Where(e => e.FullName.Length is > 0 and < LongestPath)
            .OrderBy(e => e.Name, StringComparer.Ordinal)
            .SelectMany(e => e is DirectoryInfo below && e.LinkTarget is null ? FilesOf(below) : [e]);

    private static bool IsNewer(string path, DateTime since) =>
        Directory.Exists(path) ? IsTreeNewer(path, since) : File.GetLastWriteTimeUtc(path) >= since;

    private static bool IsTreeNewer(string folder, DateTime since, string? except = null)
    {
        byte[] left = Encoding.UTF8.GetBytes(except ?? "");
        return Directory.GetLastWriteTimeUtc(folder) >= since
            || PlatformFiles.Current.Walk(folder, (in entry) => entry.IsAt(left) ? WalkStep.Skip
                : entry.Written >= since.Ticks ? WalkStep.Stop
                : WalkStep.Continue) != WalkEnd.Complete;
    }
}
