using System.IO.Enumeration;
using System.Text;

namespace Isolation.Sdk.Platform;

// Git checks every workspace out, and nothing is used again.
internal sealed class PortablePlatformFiles : IPlatformFiles
{
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
    };

    public int MaxThreads => 1;

    public FileSystemFeatures Detect(string folder) => new(false, false, false);

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

    public Task<bool> CopyTreeAsync(TreeCopy copy, CancellationToken cancellationToken) => throw Unsupported();

    public void StampTree(
        IFileManifest manifest,
        string folder,
        DateTimeOffset stamp,
        IReadOnlyCollection<int>? entries = null
    ) => throw Unsupported();

    public ITreeComparer Compare(IFileManifest manifest, string folder) => throw Unsupported();

    public long MeasureUsage(string folder)
    {
        try
        {
            return new FileSystemEnumerable<long>(
                folder,
                (ref FileSystemEntry e) => e.IsDirectory ? 0 : e.Length,
                new EnumerationOptions
                {
                    RecurseSubdirectories = true,
                    AttributesToSkip = FileAttributes.ReparsePoint,
                    IgnoreInaccessible = true,
                }
            ).Sum();
        }
        catch (IOException)
        {
            return 0; // It is being removed under our eyes.
        }
    }

    public long? CountFreeFiles(string folder) => null;

    public bool IsPipe(string path) => false;

    public DateTime? GetChangeTime(string path) => null;

    public void CreateSubvolume(string path) => throw Unsupported();

    public void Snapshot(string from, string to) => throw Unsupported();

    public void SetReadOnly(string path, bool value) => throw Unsupported();

    public SubvolumeState? InspectSubvolume(string path) => null;

    private static PlatformNotSupportedException Unsupported() => new("Trees are copied and compared on Linux only.");

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

    // A worker may have taken its own rights away.
    private static void MakeWritable(string directory)
    {
        const UnixFileMode Needed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(directory) & Needed) != Needed)
        {
            File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | Needed);
        }
    }
}
