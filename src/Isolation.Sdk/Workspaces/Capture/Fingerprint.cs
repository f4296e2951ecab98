using System.Security.Cryptography;
using System.Text;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

// What git trusts before it does anything: config that can name programs, and the pointers that say which repository
// this is and whose objects it reads. A clone's config, hooks and refs are the worker's to change.
internal static class Fingerprint
{
    private const string Absent = "-",
        Folder = "directory";
    private const string Settings = "config";
    private const int MaxCloneBytes = 64 * 1024;
    private static readonly string Empty = Convert.ToHexStringLower(SHA256.HashData([]));
    private static readonly string[] Shared = ["config", "config.worktree", "info/attributes"];
    private static readonly string[] OfWorktree = ["config.worktree", "commondir", "gitdir"];
    private static readonly string[] CloneFolders = ["", "objects", "objects/info", "objects/pack", "refs"];
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
    };

    public static IReadOnlyDictionary<string, string> Take(GitRepository repository, WorkspaceInfo info) =>
        info.HasOwnRepository
            ? TakeClone(info.GitDirectory)
            : Shared
                .Select(f => (Name: f, Path: Path.Combine(repository.CommonDirectory, f)))
                .Concat(OfWorktree.Select(f => (Name: $"worktree {f}", Path: Path.Combine(info.GitDirectory, f))))
                .Append((Name: ".git pointer", Path: Path.Combine(info.Path, ".git")))
                .ToDictionary(f => f.Name, f => f.Name.Contains(Settings) ? OfSettings(f.Path) : Hash(f.Path));

    public static IReadOnlyList<string> Differences(
        IReadOnlyDictionary<string, string> before,
        IReadOnlyDictionary<string, string> after
    ) =>
        [
            .. before
                .Where(e => after.GetValueOrDefault(e.Key) != e.Value)
                .Select(e =>
                {
                    bool removed = after.GetValueOrDefault(e.Key, Absent) == Absent;
                    return $"{e.Key} was {(removed ? "removed" : e.Value == Absent ? "added" : "changed")}";
                }),
        ];

    public static bool IsShared(string difference) =>
        Shared.Any(name => difference.StartsWith($"{name} was ", StringComparison.Ordinal));

    // As it was written: its objects, and those of one other.
    public static bool IsBorrowing(string gitDirectory, string objects)
    {
        string own = Path.Combine(gitDirectory, "objects");
        return Kind(gitDirectory) == Folder
            && Kind(own) == Folder
            && Ways(own) == "open"
            && TextFile.TryRead(Path.Combine(own, "info", "alternates"))?.Trim().Replace('\\', '/')
                == objects.Replace('\\', '/');
    }

    // Where to push, or what another tool remembers, misleads no capture.
    private static string OfSettings(string path)
    {
        string whole = Hash(path);
        return
            whole.Length == Empty.Length
            && whole != Empty
            && TextFile.TryRead(path) is { } text
            && SharedSettings.Essence(text) is { } essence
            ? essence.Length == 0
                ? Absent
                : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(essence)))
            : whole == Empty
                ? Absent
                : whole;
    }

    private static Dictionary<string, string> TakeClone(string gitDirectory)
    {
        Dictionary<string, string> taken = CloneFolders.ToDictionary(
            f => f.Length == 0 ? ".git" : $".git/{f}",
            f => Kind(Path.Combine(gitDirectory, f))
        );
        bool whole = taken.Values.All(v => v == Folder);
        string objects = Path.Combine(gitDirectory, "objects");
        string OfClone(string path) => whole ? Hash(path, MaxCloneBytes) : Absent;
        taken[".git/commondir"] = OfClone(Path.Combine(gitDirectory, "commondir"));
        taken[".git/objects/info/alternates"] = OfClone(Path.Combine(objects, "info", "alternates"));
        taken["the way into .git/objects"] = whole ? Ways(objects) : Absent;
        return taken;
    }

    private static string Kind(string path) =>
        new FileInfo(path.TrimEnd(Path.DirectorySeparatorChar)).LinkTarget is { } target ? "link:" + target
        : Directory.Exists(path) ? Folder
        : File.Exists(path) ? "file"
        : Absent;

    // A pipe has no length either, and reading one would never end.
    private static string Hash(string path, long max = long.MaxValue)
    {
        FileInfo file = new(path);
        return file.LinkTarget is { } target ? "link:" + target
            : Directory.Exists(path) ? Folder
            : !file.Exists ? Absent
            : file.Length == 0 ? Empty
            : file.Length > max ? $"{file.Length} bytes"
            : Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
    }

    // A link among the objects reads what lies elsewhere, and a folder that cannot be read hides what is in it.
    private static string Ways(string objects)
    {
        try
        {
            return new DirectoryInfo(objects)
                .EnumerateFileSystemInfos("*", Everything)
                .Any(e => e.LinkTarget is not null)
                ? "links"
                : "open";
        }
        catch (UnauthorizedAccessException)
        {
            return "shut";
        }
    }
}
