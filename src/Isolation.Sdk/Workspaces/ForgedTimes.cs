using System.IO.Enumeration;

namespace Isolation.Sdk.Workspaces;

/// <summary>Time stamps that cannot be true. Git takes a file of the same size and times for unchanged, and times are anybody's to set; when an inode changed is not, but git compares that by the second alone.</summary>
internal static class ForgedTimes
{
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };

    /// <summary>Whether a file of a work tree says that it is older than the work tree.</summary>
    /// <param name="info">The workspace.</param>
    /// <param name="except">Paths in it that were copied in with their times.</param>
    public static bool AreIn(WorkspaceInfo info, IReadOnlyList<string> except)
    {
        try
        {
            // The folder's birth, which nobody can set. Where a file system does not know it, more is doubted than need be.
            DateTime born = Directory.GetCreationTimeUtc(info.Path);
            string[] paths = [.. except.Select(p => Path.Combine(info.Path, p)), Path.Combine(info.Path, ".git")];
            HashSet<string> names = [.. paths.Select(p => Path.GetFileName(p))];
            HashSet<string>.AlternateLookup<ReadOnlySpan<char>> known = names.GetAlternateLookup<ReadOnlySpan<char>>();
            bool IsTheirs(ref FileSystemEntry e) => !known.Contains(e.FileName) || !paths.Contains(e.ToFullPath());
            return new FileSystemEnumerable<bool>(info.Path, (ref FileSystemEntry e) => !e.IsDirectory && e.LastWriteTimeUtc.UtcDateTime < born, Everything)
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
}
