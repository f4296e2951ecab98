using System.Text;

namespace Isolation.Sdk.Merging;

/// <summary>Tells a gate that failed for want of space from one that failed for its candidate.</summary>
internal static class FullDisk
{
    private const long Little = 1024 * 1024;
    private const int Tail = 64 * 1024;

    // What the C library says for ENOSPC, and what tools of others make of it.
    private static readonly string[] Words =
    [
        "No space left on device",
        "ENOSPC",
        "There is not enough space on the disk",
    ];

    /// <summary>Whether one of the folders has no space left, or the end of the log says that there was none.</summary>
    public static bool Explains(IEnumerable<string> folders, string log) => folders.Any(HasLittle) || Says(log);

    private static bool HasLittle(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace < Little;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    private static bool Says(string log)
    {
        try
        {
            using FileStream file = new(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Seek(-Math.Min(Tail, file.Length), SeekOrigin.End);
            byte[] bytes = new byte[Tail];
            string text = Encoding.UTF8.GetString(bytes, 0, file.ReadAtLeast(bytes, Tail, throwOnEndOfStream: false));
            return Words.Any(w => text.Contains(w, StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
