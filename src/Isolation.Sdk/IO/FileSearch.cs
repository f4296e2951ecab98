namespace Isolation.Sdk.IO;

/// <summary>How folders are searched.</summary>
internal static class FileSearch
{
    /// <summary>Everything below that can be read; no link is followed.</summary>
    public static EnumerationOptions Below =>
        new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
}
