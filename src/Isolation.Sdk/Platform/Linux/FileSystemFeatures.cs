using System.Runtime.InteropServices;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Platform;

/// <summary>What the file system of a folder can do, found by trying it there with files that are gone at once.</summary>
/// <param name="Snapshot">Folders can be copied whole (btrfs subvolumes).</param>
/// <param name="Reflink">Files can share blocks.</param>
internal sealed record FileSystemFeatures(bool Snapshot, bool Reflink)
{
    private const int OneBlock = 4096;

    /// <exception cref="IOException">There is no room to try it.</exception>
    public static FileSystemFeatures Of(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return new FileSystemFeatures(false, false);
        }

        // In the folder, or where it will be.
        string? there = folder;
        while (there is not null && !Directory.Exists(there))
        {
            there = Path.GetDirectoryName(there);
        }

        return new FileSystemFeatures(Btrfs.IsSupported(there!), CanShare(there!));
    }

    private static unsafe bool CanShare(string folder)
    {
        try
        {
            using FileStream from = Tried(folder),
                to = Tried(folder);
            from.Write(new byte[OneBlock]);
            from.Flush();
            return LinuxFiles.Control(
                    (int)to.SafeFileHandle.DangerousGetHandle(),
                    LinuxFiles.ShareBlocks,
                    from.SafeFileHandle.DangerousGetHandle()
                ) == 0
                || (
                    LinuxFiles.Failed(Marshal.GetLastPInvokeError(), folder) is var e && WorkersDirectorySetup.IsFull(e)
                        ? throw e
                        : false
                );
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException && !WorkersDirectorySetup.IsFull(e))
        {
            return false;
        }
    }

    private static FileStream Tried(string folder) =>
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
}
