using System.IO.Enumeration;
using System.Text;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.IO;

/// <summary>Deletes trees without ever following a link out of them, in two phases: out of the way at once, gone behind.</summary>
internal static class SafeDelete
{
    private const int MaxTries = 1000;
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = 0,
        RecurseSubdirectories = false,
        IgnoreInaccessible = false,
    };

    /// <summary>Renames a tree into a trash folder on the same file system; the name is free when this returns.</summary>
    /// <returns>Where it is now; <see langword="null"/> when there was nothing, or a link, which is gone already.</returns>
    public static string? MoveToTrash(string path, string trash)
    {
        if (!Exists(path))
        {
            return null;
        }

        if (IsLink(path))
        {
            // A rename would want to know what it points to.
            File.Delete(path);
            return null;
        }

        string grave = Path.Combine(trash, Guid.NewGuid().ToString("n"));
        for (int left = MaxTries; ; left--)
        {
            Directory.CreateDirectory(trash);
            try
            {
                if (File.Exists(path))
                {
                    File.Move(path, grave);
                }
                else
                {
                    Directory.Move(path, grave);
                }

                return grave;
            }
            catch (DirectoryNotFoundException) when (left > 0 && Exists(path))
            {
                // Another worker took the trash folder away as it was empty.
            }
        }
    }

    /// <summary>Deletes a file, a link or a whole tree; what a link points to is not touched, and what somebody else deletes meanwhile is as good as deleted.</summary>
    public static void DeleteTree(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
            LinuxDelete.DeleteTree(Path.GetDirectoryName(full)!, Encoding.UTF8.GetBytes(Path.GetFileName(full)));
            return;
        }

        try
        {
            TreeNow(path);
        }
        catch (IOException e) when (e is DirectoryNotFoundException or FileNotFoundException && !Exists(path))
        {
            // Two sweep the same trash: a worker that goes, and a host that starts.
        }
    }

    private static void TreeNow(string path)
    {
        if (!Exists(path))
        {
            return;
        }

        if (IsLink(path) || File.Exists(path))
        {
            File.Delete(path);
            return;
        }

        MakeWritable(path);
        foreach (
            (string entry, bool isFolder) in new FileSystemEnumerable<(string, bool)>(
                path,
                (ref FileSystemEntry e) => (e.ToFullPath(), e.IsDirectory),
                Everything
            )
        )
        {
            DirectoryInfo? folder = isFolder ? new DirectoryInfo(entry) : null;
            if (folder is { LinkTarget: null })
            {
                DeleteTree(entry);
            }
            else
            {
                DeleteEntry(folder ?? (FileSystemInfo)new FileInfo(entry));
            }
        }

        Directory.Delete(path);
    }

    private static void DeleteEntry(FileSystemInfo entry)
    {
        if (OperatingSystem.IsWindows() && entry.Attributes.HasFlag(FileAttributes.ReadOnly))
        {
            entry.Attributes &= ~FileAttributes.ReadOnly;
        }

        try
        {
            entry.Delete();
        }
        catch (DirectoryNotFoundException)
        {
            // A link to a folder, or the folder it was in, is gone already.
        }
    }

    private static void MakeWritable(string directory)
    {
        // A worker may have taken its own rights away; the owner can always give them back.
        if (!OperatingSystem.IsWindows())
        {
            UnixFileMode mode = File.GetUnixFileMode(directory);
            const UnixFileMode Needed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            if ((mode & Needed) != Needed)
            {
                File.SetUnixFileMode(directory, mode | Needed);
            }
        }
    }

    private static bool Exists(string path) => Directory.Exists(path) || File.Exists(path) || IsLink(path);

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;
}
