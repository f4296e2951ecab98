using System.Security.Cryptography;

namespace Isolation.Sdk.Workspaces;

/// <summary>What makes a private clone itself: that it is where it was made, and whose objects it reads. Its config, hooks and refs are the worker's to change.</summary>
internal static class CloneFingerprint
{
    private const string Absent = "-";
    private const int MaxBytes = 64 * 1024;
    private static readonly string[] Folders = ["", "objects", "objects/info", "objects/pack", "refs"];
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
    };

    public static IReadOnlyDictionary<string, string> Take(string gitDirectory)
    {
        Dictionary<string, string> taken = Folders.ToDictionary(
            f => f.Length == 0 ? ".git" : $".git/{f}",
            f => Kind(Path.Combine(gitDirectory, f)),
            StringComparer.Ordinal
        );
        bool whole = taken.Values.All(v => v == "directory");
        taken[".git/commondir"] = whole ? Content(Path.Combine(gitDirectory, "commondir")) : Absent;
        taken[".git/objects/info/alternates"] = whole
            ? Content(Path.Combine(gitDirectory, "objects", "info", "alternates"))
            : Absent;
        taken["the way into .git/objects"] = whole ? Ways(Path.Combine(gitDirectory, "objects")) : Absent;
        return taken;
    }

    private static string Kind(string path) =>
        new FileInfo(path.TrimEnd(Path.DirectorySeparatorChar)).LinkTarget is { } target ? "link:" + target
        : Directory.Exists(path) ? "directory"
        : File.Exists(path) ? "file"
        : Absent;

    // A pipe has no length either, and reading one would never end.
    private static string Content(string path)
    {
        FileInfo file = new(path);
        return file.LinkTarget is { } target ? "link:" + target
            : !file.Exists
                ? Directory.Exists(path) ? "directory"
                    : Absent
            : file.Length is 0 or > MaxBytes ? $"{file.Length} bytes"
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
