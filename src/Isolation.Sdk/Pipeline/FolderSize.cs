using System.IO.Enumeration;

namespace Isolation.Sdk.Pipeline;

/// <summary>Adds up what a folder holds, links not followed.</summary>
internal static class FolderSize
{
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };

    public static long Of(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? new FileSystemEnumerable<long>(folder, static (ref FileSystemEntry e) => e.IsDirectory ? 0 : e.Length, Everything).Sum() : 0;
        }
        catch (IOException)
        {
            return 0; // It is being removed under our eyes.
        }
    }
}
