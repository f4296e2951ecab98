namespace Isolation.Sdk.IO;

internal static class TextFile
{
    // null when it is not there, no longer, or not this user's; "" also for a pipe, where reading would wait for ever.
    public static string? TryRead(string path) =>
        DiskErrors.Try(() => new FileInfo(path).Length == 0 ? "" : File.ReadAllText(path).TrimEnd('\r', '\n'));
}
