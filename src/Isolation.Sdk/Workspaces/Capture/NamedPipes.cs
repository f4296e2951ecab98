using System.IO.Enumeration;
using System.Text;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

// Git would open a pipe that nobody writes to any more, and wait for ever. It has no kind for pipes, so nothing is lost
// that it could keep. In a work tree those go that it reads by name; among its own files all.
internal static class NamedPipes
{
    public static void Remove(WorkspaceInfo info)
    {
        if (OperatingSystem.IsLinux() && new DirectoryInfo(info.Path) is { Exists: true, LinkTarget: null })
        {
            Remove(info.Path, Path.Combine(info.Path, ".git"));
            RemoveBelow(info.Path, byName: true);
            if (new DirectoryInfo(info.GitDirectory) is { Exists: true, LinkTarget: null })
            {
                RemoveBelow(info.GitDirectory, byName: false);
            }
        }
    }

    private static void RemoveBelow(string folder, bool byName)
    {
        using Candidates candidates = new(folder, byName);
        while (candidates.MoveNext())
        {
            Remove(folder, candidates.Current);
        }
    }

    private static void Remove(string folder, string path)
    {
        if (PlatformFiles.Current.IsPipe(path))
        {
            PlatformFiles.Current.DeleteTree(folder, Encoding.UTF8.GetBytes(Path.GetRelativePath(folder, path)));
        }
    }

    private sealed class Candidates(string folder, bool byName) : FileSystemEnumerator<string>(folder, FileSearch.Below)
    {
        protected override bool ShouldIncludeEntry(ref FileSystemEntry entry) =>
            byName ? entry.FileName is ".gitattributes" or ".gitignore" : !entry.IsDirectory;

        protected override string TransformEntry(ref FileSystemEntry entry) => entry.ToFullPath();

        // Deeper than any path: git cannot go there either.
        protected override bool ContinueOnError(int error) => true;
    }
}
