using System.Text;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

internal sealed record ScopeFolders(string Root, string Temp)
{
    // A path of a Unix socket has 107 bytes, and tools make sockets in TMPDIR.
    public const int MaxTempLength = 64;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public string Home => Path.Combine(Root, "home");

    public string Cache => Path.Combine(Root, "cache");

    public string Log => Path.Combine(Root, "log");

    public string Runtime => Path.Combine(Temp, ".run");

    private string KeptTemp => Path.Combine(Root, "tmp");

    // Under /tmp where the folder is too deep for sockets.
    public static ScopeFolders For(string root, string marker)
    {
        string temp = Path.Combine(root, "tmp");
        bool tooLong =
            !OperatingSystem.IsWindows()
            && Encoding.UTF8.GetByteCount(temp) > MaxTempLength
            && Directory.Exists("/tmp");
        return new ScopeFolders(root, tooLong ? $"/tmp/isolation-{marker}" : temp);
    }

    public static void CreateOwn(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly);
        }
    }

    public static string EnsureOwn(string folder)
    {
        try
        {
            CreateOwn(folder);
            if (OperatingSystem.IsWindows())
            {
                return folder;
            }

            if (new DirectoryInfo(folder).LinkTarget is null)
            {
                // Only its owner may do this: a folder that somebody else put here first is refused.
                File.SetUnixFileMode(folder, OwnerOnly);
                return folder;
            }
        }
        catch (Exception e) when (DiskErrors.IsRefusal(e))
        {
            throw NotOurs(folder, e);
        }

        throw NotOurs(folder, null);
    }

    public void Create()
    {
        foreach (string folder in new[] { Home, Temp, Runtime, Cache, Log })
        {
            CreateOwn(folder);
        }
    }

    // A command may have taken them away: whoever looks at what it left, and the next command, has them again.
    public void Restore()
    {
        if (!Directory.Exists(Runtime))
        {
            DiskErrors.Try(Create); // Where something else is now, the start says what it lacks.
        }
    }

    public bool Exist() => new[] { Home, Temp, Cache, Log }.Any(Directory.Exists);

    public void MoveTempBeside()
    {
        if (!FileSearch.Contains(Root, Temp) && Directory.Exists(Temp))
        {
            try
            {
                Directory.Move(Temp, KeptTemp);
            }
            catch (IOException)
            {
                // Another file system, or something is there already: it stays where the environment said it is.
            }
        }
    }

    // The worker's folder itself goes when nothing else is in it.
    public void Remove(string trash)
    {
        foreach (string folder in new[] { Home, Cache, Log, KeptTemp, Temp })
        {
            SafeDelete.DeleteTree(
                FileSearch.Contains(Root, folder) ? SafeDelete.MoveToTrash(folder, trash) ?? folder : folder
            );
        }

        try
        {
            Directory.Delete(Root);
        }
        catch (IOException) { }
    }

    private static IsolationException NotOurs(string folder, Exception? why) =>
        new(
            SandboxCodes.OwnFolder,
            $"'{folder}' is not this user's own folder.",
            "Remove it, or have its owner remove it.",
            why
        );
}
