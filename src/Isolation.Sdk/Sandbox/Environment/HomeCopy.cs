using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

internal static class HomeCopy
{
    public static (string? From, string? Relative, IsolationFault? Fault) Resolve(string path, string? hostHome)
    {
        if (string.IsNullOrEmpty(hostHome))
        {
            return (null, null, Fault(path, "the host has no HOME"));
        }

        string home = Path.TrimEndingDirectorySeparator(Path.GetFullPath(hostHome));
        string full = Path.GetFullPath(
            path == "~" || path.StartsWith("~/", StringComparison.Ordinal) ? home + path[1..] : path,
            home
        );
        return full == home || !FileSearch.Contains(home, full)
                ? (null, null, Fault(path, $"it is not below the host's home '{home}'"))
            : Path.Exists(full) ? (full, Path.GetRelativePath(home, full), null)
            : (null, null, Fault(path, "there is nothing at that path"));
    }

    public static void Copy(string from, string to)
    {
        if (File.Exists(from))
        {
            CopyFile(from, to);
            return;
        }

        ScopeFolders.CreateOwn(to);
        foreach (FileSystemInfo entry in new DirectoryInfo(from).EnumerateFileSystemInfos("*", FileSearch.WithHidden))
        {
            string target = Path.Combine(to, entry.Name);
            if (File.Exists(entry.FullName))
            {
                CopyFile(entry.FullName, target);
            }
            else if (entry is DirectoryInfo && entry.LinkTarget is null)
            {
                Copy(entry.FullName, target);
            }
        }
    }

    private static void CopyFile(string from, string to)
    {
        ScopeFolders.CreateOwn(Path.GetDirectoryName(to)!);
        if (new FileInfo(from).Length == 0)
        {
            // Also sockets and named pipes look like this, and opening one of those would wait for ever.
            File.WriteAllBytes(to, []);
        }
        else
        {
            using FileStream source = new(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using FileStream copy = new(to, FileMode.CreateNew, FileAccess.Write);
            source.CopyTo(copy);
        }

        if (OperatingSystem.IsWindows())
        {
            File.SetAttributes(to, FileAttributes.ReadOnly);
        }
        else
        {
            const UnixFileMode Execute = UnixFileMode.UserExecute;
            File.SetUnixFileMode(to, UnixFileMode.UserRead | (File.GetUnixFileMode(from) & Execute));
        }
    }

    private static IsolationFault Fault(string path, string why) =>
        new(
            SandboxCodes.SharedPath,
            $"'{path}' in {nameof(ProcessSandboxOptions.CopyFromHome)} cannot be copied: {why}.",
            "Name a file or folder that exists below the host's home, as in \"~/.claude\"."
        );
}
