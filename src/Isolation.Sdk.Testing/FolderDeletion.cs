using System.Diagnostics;
using System.IO.Enumeration;

namespace Isolation.Sdk.Testing;

/// <summary>Deletes whole trees and never follows a link out of them.</summary>
internal static class FolderDeletion
{
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
    };

    public static void Delete(string path)
    {
        try
        {
            DeleteTree(new DirectoryInfo(path));
        }
        catch (DirectoryNotFoundException)
        {
            // Two sweeps meet in the same folder.
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or ArgumentException && !OperatingSystem.IsWindows())
        {
            // Deeper than any path can be long, or a name that .NET cannot spell.
            using Process remove = Process.Start("rm", ["-rf", "--", path]);
            remove.WaitForExit();
        }
    }

    private static void DeleteTree(DirectoryInfo folder)
    {
        if (folder.LinkTarget is not null || File.Exists(folder.FullName))
        {
            File.Delete(folder.FullName);
            return;
        }

        if (!folder.Exists)
        {
            return;
        }

        if (!OperatingSystem.IsWindows())
        {
            // A worker may have taken its own rights away; the owner can always give them back.
            folder.UnixFileMode |= UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        }

        foreach (
            (string path, bool isFolder) in new FileSystemEnumerable<(string, bool)>(
                folder.FullName,
                (ref FileSystemEntry e) => (e.ToFullPath(), e.IsDirectory),
                Everything
            )
        )
        {
            if (isFolder && new DirectoryInfo(path) is { LinkTarget: null } inner)
            {
                DeleteTree(inner);
                continue;
            }

            if (OperatingSystem.IsWindows())
            {
                File.SetAttributes(path, File.GetAttributes(path) & ~FileAttributes.ReadOnly);
            }

            if (isFolder && OperatingSystem.IsWindows())
            {
                Directory.Delete(path);
            }
            else
            {
                File.Delete(path);
            }
        }

        folder.Delete();
    }
}
