using System.IO.Enumeration;
using System.Text;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Platform;

internal sealed class PortablePlatformFiles : IPlatformFiles
{
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
    };

    public void DeleteTree(string folder, ReadOnlySpan<byte> name)
    {
        string path = Path.Combine(folder, Encoding.UTF8.GetString(name));
        try
        {
            Delete(path);
        }
        catch (IOException e)
            when (e is DirectoryNotFoundException or FileNotFoundException && !SafeDelete.Exists(path))
        {
            // Two sweep the same trash: a worker that goes, and a host that starts.
        }
    }

    public long MeasureUsage(string folder) => FileSearch.MeasureLength(folder);

    public WalkEnd Walk(string folder, TreeVisitor visit)
    {
        Stack<string> folders = new([folder]);
        bool whole = true;
        while (folders.TryPop(out string? next))
        {
            byte[] path = Encoding.UTF8.GetBytes(next);
            try
            {
                foreach (FileSystemInfo entry in new DirectoryInfo(next).EnumerateFileSystemInfos("*", Everything))
                {
                    bool isFolder = entry is DirectoryInfo && entry.LinkTarget is null;
                    WalkStep step = visit(
                        new TreeEntry
                        {
                            Folder = path,
                            Name = Encoding.UTF8.GetBytes(entry.Name),
                            IsDirectory = isFolder,
                            Written = entry.LastWriteTimeUtc.Ticks,
                            Changed = long.MaxValue,
                        }
                    );
                    if (step == WalkStep.Stop)
                    {
                        return WalkEnd.Stopped;
                    }

                    if (step == WalkStep.Continue && isFolder)
                    {
                        folders.Push(entry.FullName);
                    }
                }
            }
            catch (DirectoryNotFoundException)
            {
                // It went meanwhile.
            }
            catch (Exception e) when (DiskErrors.IsRefusal(e))
            {
                whole = false;
            }
        }

        return whole ? WalkEnd.Complete : WalkEnd.Incomplete;
    }

    private static void Delete(string path)
    {
        if (!SafeDelete.Exists(path))
        {
            return;
        }

        if (SafeDelete.IsLink(path) || File.Exists(path))
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
                Delete(entry);
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
        const UnixFileMode Needed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(directory) & Needed) != Needed)
        {
            File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | Needed);
        }
    }
}
