using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Isolation.Sdk.Guard;

internal static class FileFingerprint
{
    public const string Directory = "a directory";
    private const string Empty = "empty";

    public static string? Of(string path, bool withMode = false)
    {
        try
        {
            FileInfo file = new(path);
            string? content =
                Kind(file) is { } other ? other
                : !file.Exists ? null
                : file.Length == 0 ? Empty // A pipe has no length either: opening one would wait for ever.
                : Hash(path);
            return file.Exists && withMode && !OperatingSystem.IsWindows()
                ? $"{content} {Convert.ToString((int)file.UnixFileMode, 8)}"
                : content;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return "unreadable";
        }
    }

    public static string? Kind(string path) => Kind(new FileInfo(path));

    public static string OfContent(ReadOnlySpan<byte> content) =>
        content.IsEmpty ? Empty : Convert.ToHexStringLower(SHA256.HashData(content))[..16];

    // What is made again has another time.
    public static string OfWriteTime(DateTime made) =>
        $"made {made.ToString("HH:mm:ss.fffffff", CultureInfo.InvariantCulture)}";

    public static string? ReadLine(string path)
    {
        FileInfo file = new(path);
        return !file.Exists ? null
            : file.Length == 0 ? ""
            : ReadStart(path);
    }

    public static string? ReadStart(string path)
    {
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            );
            Span<byte> start = stackalloc byte[512];
            return Encoding.UTF8.GetString(start[..RandomAccess.Read(handle, start, 0)]).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static string? Kind(FileInfo file) =>
        file.LinkTarget is { } target ? $"a link to {target}"
        : (int)file.Attributes >= 0 && file.Attributes.HasFlag(FileAttributes.Directory) ? Directory
        : null;

    private static string Hash(string path)
    {
        using FileStream content = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return Convert.ToHexStringLower(SHA256.HashData(content))[..16];
    }
}
