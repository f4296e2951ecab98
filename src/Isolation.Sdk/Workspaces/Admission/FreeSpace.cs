using System.Globalization;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

// What cannot be known is null, and refuses nobody.
internal readonly record struct FreeSpace(long? Disk, long? Files, long? Memory)
{
    public static FreeSpace Measure(string folder)
    {
        string? place = FileSearch.FindExisting(Path.GetFullPath(folder));
        return place is null
            ? default
            : new FreeSpace(DiskAt(place), PlatformFiles.Current.CountFreeFiles(place), FreeMemory.Now());
    }

    public string? FindShortage(WorkspaceOptions options, long expected)
    {
        string spoken = expected > 0 ? $", {Size(expected)} of it for workspaces being made" : "";
        return Disk - expected < options.MinFreeDisk
                ? $"{Size(Disk!.Value)} of disk are free{spoken}; {Size(options.MinFreeDisk)} have to be"
            : Files < options.MinFreeFiles ? $"{Files} files fit on the disk yet; {options.MinFreeFiles} have to"
            : Memory < options.MinFreeMemory
                ? $"{Size(Memory!.Value)} of memory are free; {Size(options.MinFreeMemory)} have to be"
            : null;
    }

    private static long? DiskAt(string place)
    {
        try
        {
            return new DriveInfo(place).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static string Size(long bytes) =>
        bytes >= 1L << 30
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB")
            : $"{Math.Max(bytes, 0) >> 20} MiB";
}
