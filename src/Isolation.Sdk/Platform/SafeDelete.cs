using System.Text;

namespace Isolation.Sdk.Platform;

// No link is ever followed. In two phases: out of the way at once, gone in the background.
internal static class SafeDelete
{
    private const int MaxTries = 1000;

    // Returns where it is now; null when there was nothing, or a link, which is gone already.
    public static string? MoveToTrash(string path, string trash)
    {
        if (!Exists(path))
        {
            return null;
        }

        if (IsLink(path))
        {
            File.Delete(path); // A rename would want to know what it points to.
            return null;
        }

        string moved = Path.Combine(trash, Guid.NewGuid().ToString("n"));
        for (int left = MaxTries; ; left--)
        {
            Directory.CreateDirectory(trash);
            try
            {
                if (File.Exists(path))
                {
                    File.Move(path, moved);
                }
                else
                {
                    Directory.Move(path, moved);
                }

                return moved;
            }
            catch (DirectoryNotFoundException) when (left > 0 && Exists(path))
            {
                // Another worker took the trash folder away as it was empty.
            }
        }
    }

    // What somebody else deletes meanwhile is as good as deleted.
    public static void DeleteTree(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        PlatformFiles.Current.DeleteTree(Path.GetDirectoryName(full)!, Encoding.UTF8.GetBytes(Path.GetFileName(full)));
    }

    public static bool Exists(string path) => Directory.Exists(path) || File.Exists(path) || IsLink(path);

    public static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;
}
