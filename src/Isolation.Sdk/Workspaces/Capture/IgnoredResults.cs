using System.IO.Enumeration;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

// What a worker made and git ignores goes into no commit: copied to where it outlives the workspace.
internal sealed class IgnoredResults(string workTree, string folder, IgnoredFilesOptions options)
{
    private const int MaxFiles = 10_000;
    private static readonly string[] CacheMarks = ["CACHEDIR.TAG", "pyvenv.cfg"];

    // How many were kept; null when they are more than may be.
    public int? Keep(IEnumerable<string> ignored)
    {
        SafeDelete.DeleteTree(folder);
        List<FileInfo> files = [];
        long bytes = 0;
        foreach (FileInfo file in options.MaxBytes == 0 ? [] : ignored.Where(p => !IsCache(p)).SelectMany(Find))
        {
            files.Add(file);
            bytes += file.Length;
            if (bytes > options.MaxBytes || files.Count > MaxFiles)
            {
                return null;
            }
        }

        foreach (FileInfo file in files)
        {
            string to = Path.Combine(folder, Path.GetRelativePath(workTree, file.FullName));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            file.CopyTo(to, overwrite: true);
        }

        return files.Count;
    }

    // No link is followed, and a pipe, which has no length, never opened.
    private IEnumerable<FileInfo> Find(string path)
    {
        string full = Path.Combine(workTree, path.TrimEnd('/'));
        if (new DirectoryInfo(full) is { Exists: true, LinkTarget: null } directory)
        {
            if (CacheMarks.Any(m => File.Exists(Path.Combine(full, m))))
            {
                return [];
            }

            return directory
                .EnumerateFileSystemInfos("*", FileSearch.WithHidden)
                .Where(e => e.LinkTarget is null && !IsCache(e.Name))
                .SelectMany(e => Find(Path.GetRelativePath(workTree, e.FullName)));
        }

        return new FileInfo(full) is { Exists: true, LinkTarget: null, Length: > 0 } file ? [file] : [];
    }

    private bool IsCache(string path) =>
        path.TrimEnd('/')
            .Split('/')
            .Any(part => options.Caches.Any(c => FileSystemName.MatchesSimpleExpression(c, part)));
}
