using System.IO.Enumeration;

namespace Isolation.Sdk.Guard;

internal readonly record struct GitFolderEntry(string Path, long Length, DateTime Written, bool IsLink)
{
    public string NameIn(string folder) => Path[(folder.Length + 1)..].Replace('\\', '/');

    public bool IsLock => Path.EndsWith(".lock", StringComparison.Ordinal);
}

internal static class GitFolderEnumerator
{
    public static IEnumerable<GitFolderEntry> Of(string folder, bool deep = true, params string[] skip)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        EnumerationOptions all = new()
        {
            RecurseSubdirectories = deep,
            AttributesToSkip = FileAttributes.None,
            IgnoreInaccessible = true,
        };
        return new FileSystemEnumerable<GitFolderEntry>(folder, Entry, all)
        {
            ShouldIncludePredicate = static (ref FileSystemEntry e) =>
                !e.IsDirectory || IsLink(ref e) || e.FileName.EndsWith(".lock", StringComparison.Ordinal),
            ShouldRecursePredicate = (ref FileSystemEntry e) =>
                !IsLink(ref e) && (skip.Length == 0 || !skip.Contains(e.ToFullPath())),
        };
    }

    private static GitFolderEntry Entry(ref FileSystemEntry e) =>
        new(e.ToFullPath(), e.Length, e.LastWriteTimeUtc.UtcDateTime, IsLink(ref e));

    private static bool IsLink(ref FileSystemEntry e) => e.Attributes.HasFlag(FileAttributes.ReparsePoint);
}
