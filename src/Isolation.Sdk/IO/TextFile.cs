namespace Isolation.Sdk.IO;

/// <summary>Reads files that may go at any moment.</summary>
internal static class TextFile
{
    // null when it is not there, no longer, or not this user's.
    public static string? TryRead(string path)
    {
        try
        {
            // Nothing, or a pipe: opening one would wait for ever.
            return new FileInfo(path).Length == 0 ? "" : File.ReadAllText(path).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
