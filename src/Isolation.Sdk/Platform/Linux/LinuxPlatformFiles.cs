using System.Runtime.InteropServices;
using System.Text;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Platform;

internal sealed unsafe partial class LinuxPlatformFiles : IPlatformFiles
{
    private const int OneBlock = 4096;
    private const uint Pipe = 0x1000;
    private const long TickNanoseconds = 100;

    public int MaxThreads => TreeDirectories.MaxThreads;

    public FileSystemFeatures Detect(string folder)
    {
        string place = FileSearch.FindExisting(folder)!;
        return new FileSystemFeatures(Btrfs.IsSupported(place), CanShareBlocks(place), CopyTrees: true);
    }

    public void DeleteTree(string folder, ReadOnlySpan<byte> name) => LinuxDelete.DeleteTree(folder, name);

    public Task<bool> CopyTreeAsync(TreeCopy copy, CancellationToken cancellationToken) =>
        TreeCopier.CopyAsync(copy, cancellationToken);

    public void StampTree(
        IFileManifest manifest,
        string folder,
        DateTimeOffset stamp,
        IReadOnlyCollection<int>? entries = null
    ) => TreeCopier.Stamp(manifest, folder, stamp, entries);

    public TreeComparer Compare(IFileManifest manifest, string folder) => new TreeComparer(manifest, folder);

    public long MeasureUsage(string folder) => DiskUsage.Of(folder);

    // btrfs makes inodes as it needs them, and says that it has none at all.
    public long? CountFreeFiles(string folder)
    {
        ulong[] answer = new ulong[32];
        return Environment.Is64BitProcess && statvfs(folder, answer) == 0 && answer[5] > 0 ? (long)answer[7] : null;
    }

    public bool IsPipe(string path) => GetStat(path) is { Kind: Pipe };

    public WalkEnd Walk(string folder, TreeVisitor visit) => TreeWalker.Walk(folder, (_, name, in stat, path) => visit(
                new TreeEntry
                {
                    Folder = path,
                    Name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name),
                    IsDirectory = stat.Kind == LinuxFiles.Folder,
                    Written = Ticks(stat.WrittenSeconds, stat.WrittenNanoseconds),
                    Changed = Ticks(stat.ChangedSeconds, stat.ChangedNanoseconds),
                }
            ));

    public void CreateSubvolume(string path) => Btrfs.Create(path);

    public void Snapshot(string from, string to) => Btrfs.Snapshot(from, to);

    public void SetReadOnly(string path, bool value)
    {
        Btrfs.SetReadOnly(path, value);
        if (value)
        {
            Btrfs.Commit(path);
        }
    }

    public SubvolumeState? InspectSubvolume(string path) => Btrfs.Inspect(path);

    private static long Ticks(long seconds, uint nanoseconds) =>
        DateTime.UnixEpoch.Ticks + (seconds * TimeSpan.TicksPerSecond) + (nanoseconds / TickNanoseconds);

    private static LinuxFiles.Stat? GetStat(string path)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            return LinuxFiles.GetStat(LinuxFiles.AtCurrent, name, out LinuxFiles.Stat stat) == 0 ? stat : null;
        }
    }

    private static bool CanShareBlocks(string folder)
    {
        try
        {
            using FileStream from = CreateTemporary(folder),
                to = CreateTemporary(folder);
            from.Write(new byte[OneBlock]);
            from.Flush();
            return LinuxFiles.Control(
                    (int)to.SafeFileHandle.DangerousGetHandle(),
                    LinuxFiles.ShareBlocks,
                    from.SafeFileHandle.DangerousGetHandle()
                ) == 0
                || (
                    LinuxFiles.Failed(Marshal.GetLastPInvokeError(), folder) is var e && DiskErrors.IsFull(e)
                        ? throw e
                        : false
                );
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException && !DiskErrors.IsFull(e))
        {
            return false;
        }
    }

    private static FileStream CreateTemporary(string folder) =>
        new(
            Path.Combine(folder, $".isolation-{Guid.NewGuid():n}"),
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Options = FileOptions.DeleteOnClose,
                BufferSize = 0,
            }
        );

    // Words 5 to 7 on 64-bit Linux: f_files, f_ffree and f_favail.
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statvfs(string path, [Out] ulong[] answer);
}
