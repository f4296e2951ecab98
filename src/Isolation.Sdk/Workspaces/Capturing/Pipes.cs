using System.IO.Enumeration;
using System.Text;
using Isolation.Sdk.Leasing;

namespace Isolation.Sdk.Workspaces.Capturing;

/// <summary>
/// Takes pipes away that git would open: nobody writes to them any more, and who opens one waits for ever. Git has no kind for them, so nothing is lost that it could keep. In a work tree that is
/// what it reads by name, for it looks at everything else first; among its own files it is any.
/// </summary>
internal static class Pipes
{
    private const uint Pipe = 0x1000;
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };

    public static void Remove(WorkspaceInfo info)
    {
        if (OperatingSystem.IsLinux() && new DirectoryInfo(info.Path).LinkTarget is null)
        {
            Remove(info.Path, [Path.Combine(info.Path, ".git")]);
            RemoveBelow(info.Path, (ref FileSystemEntry e) => e.FileName is ".gitattributes" or ".gitignore");
            if (new DirectoryInfo(info.GitDirectory) is { Exists: true, LinkTarget: null })
            {
                RemoveBelow(info.GitDirectory, (ref FileSystemEntry e) => !e.IsDirectory);
            }
        }
    }

    private static void RemoveBelow(string folder, FileSystemEnumerable<string>.FindPredicate isRead) =>
        Remove(folder, new FileSystemEnumerable<string>(folder, (ref FileSystemEntry e) => e.ToFullPath(), Everything) { ShouldIncludePredicate = isRead });

    private static void Remove(string folder, IEnumerable<string> paths)
    {
        foreach (string path in paths)
        {
            byte[] relative = Encoding.UTF8.GetBytes(Path.GetRelativePath(folder, path));
            if (IsPipe(path))
            {
                LinuxDelete.Tree(folder, relative);
            }
        }
    }

    private static unsafe bool IsPipe(string path)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            return LinuxFiles.Look(LinuxFiles.AtCurrent, name, out LinuxFiles.Stat stat) == 0 && stat.Kind == Pipe;
        }
    }
}
