using System.IO.Enumeration;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

// Git takes a file of the same size and times for unchanged, and times are anybody's to set; when an inode changed is
// not, but git compares that by the second alone.
internal static class TimestampForgery
{
    // Older than the work tree, by its own account, and not one that it was filled with.
    public static bool IsFound(WorkspaceInfo info, IReadOnlyList<string> except, DateTime? filled)
    {
        try
        {
            bool asks = filled is not null && OperatingSystem.IsLinux();
            DateTime since = asks ? filled!.Value : Directory.GetCreationTimeUtc(info.Path);
            string[] paths = [.. except.Select(p => Path.Combine(info.Path, p)), Path.Combine(info.Path, ".git")];
            HashSet<string> names = [.. paths.Select(p => Path.GetFileName(p))];
            HashSet<string>.AlternateLookup<ReadOnlySpan<char>> known = names.GetAlternateLookup<ReadOnlySpan<char>>();
            bool IsTheirs(ref FileSystemEntry e) => !known.Contains(e.FileName) || !paths.Contains(e.ToFullPath());
            return new FileSystemEnumerable<bool>(
                info.Path,
                (ref FileSystemEntry e) =>
                    !e.IsDirectory
                    && e.LastWriteTimeUtc.UtcDateTime < since
                    && !(asks && IsUntouched(e.ToFullPath(), since)),
                FileSearch.Below
            )
            {
                ShouldIncludePredicate = IsTheirs,
                ShouldRecursePredicate = IsTheirs,
            }.Any(older => older);
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static bool IsUntouched(string file, DateTime since) => PlatformFiles.Current.GetChangeTime(file) < since;
}
