namespace Isolation.Sdk.IO;

internal static class FileSearch
{
    // No link is followed.
    public static EnumerationOptions Below =>
        new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
}
