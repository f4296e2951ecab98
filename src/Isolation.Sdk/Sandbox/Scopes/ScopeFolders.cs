using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

/// <summary>Where the state of one worker lives.</summary>
/// <param name="Root">The worker's folder; the workspace is in it too.</param>
/// <param name="Temp">Its TMPDIR.</param>
internal sealed record ScopeFolders(string Root, string Temp)
{
    /// <summary>A longer TMPDIR leaves no room for the sockets that tools make in it: a path of a Unix socket has 107 bytes.</summary>
    public const int MaxTempLength = 64;

    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public string Home => Path.Combine(Root, "home");

    public string Cache => Path.Combine(Root, "cache");

    public string Log => Path.Combine(Root, "log");

    private string KeptTemp => Path.Combine(Root, "tmp");

    /// <summary>For sockets and pipes of the session.</summary>
    public string Runtime => Path.Combine(Temp, ".run");

    /// <summary>The folders of a new scope. TMPDIR is beside the rest unless that is too deep for sockets: then it is a folder of its own under /tmp.</summary>
    public static ScopeFolders For(string root, string marker)
    {
        string temp = Path.Combine(root, "tmp");
        bool tooLong =
            !OperatingSystem.IsWindows()
            && System.Text.Encoding.UTF8.GetByteCount(temp) > MaxTempLength
            && Directory.Exists("/tmp");
        return new ScopeFolders(root, tooLong ? $"/tmp/isolation-{marker}" : temp);
    }

    public void Create()
    {
        foreach (string folder in new[] { Home, Temp, Runtime, Cache, Log })
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, OwnerOnly);
            }
        }
    }

    /// <summary>A command that took its folders away took them from itself: whoever looks at what it left, and the worker's next command, has them again.</summary>
    public void Restore()
    {
        try
        {
            if (!Directory.Exists(Runtime))
            {
                Create();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Something else is there now: the start says what it lacks.
        }
    }

    public bool Exist() =>
        Directory.Exists(Home) || Directory.Exists(Temp) || Directory.Exists(Cache) || Directory.Exists(Log);

    /// <summary>Brings everything together in the worker's folder, where whoever looks at a kept worker looks for it.</summary>
    public void MoveTempBeside()
    {
        if (!IsInside(Temp) && Directory.Exists(Temp))
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

    /// <summary>Out of the way at once, gone when this returns. The worker's folder itself goes when nothing else is in it.</summary>
    public void Remove(string trash)
    {
        foreach (string folder in new[] { Home, Cache, Log, KeptTemp, Temp })
        {
            SafeDelete.DeleteTree(IsInside(folder) ? SafeDelete.MoveToTrash(folder, trash) ?? folder : folder);
        }

        RemoveIfEmpty(Root);
    }

    private bool IsInside(string folder) =>
        folder.StartsWith(Root + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static void RemoveIfEmpty(string folder)
    {
        try
        {
            Directory.Delete(folder);
        }
        catch (IOException)
        {
            // Somebody else's things are in it, or it is gone.
        }
    }
}
