using System.IO.Enumeration;

namespace Isolation.Sdk.IO;

internal static class FileSearch
{
    // No link is followed.
    public static EnumerationOptions Below =>
        new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    public static EnumerationOptions WithHidden => new() { AttributesToSkip = FileAttributes.None };

    // The same place below another folder; a path elsewhere stays as it is.
    public static string Move(string path, string from, string to) =>
        !Path.IsPathFullyQualified(path) || !Contains(from, path) ? path
        : Path.GetRelativePath(from, path) is var below and not "." ? Path.Combine(to, below)
        : to;

    public static bool Contains(string folder, string path) =>
        path == folder
        || path.StartsWith(
            folder.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar,
            StringComparison.Ordinal
        );

    public static string? FindExisting(string? folder)
    {
        while (folder is not null && !Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder;
    }

    public static void DeleteIfEmpty(string folder)
    {
        if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }

    public static long MeasureLength(string folder) =>
        DiskErrors.Try(() =>
            new FileSystemEnumerable<long>(
                folder,
                static (ref FileSystemEntry e) => e.IsDirectory ? 0 : e.Length,
                Below
            ).Sum()
        );
}
