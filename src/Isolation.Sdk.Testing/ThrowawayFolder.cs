using System.Globalization;
using System.Text;

namespace Isolation.Sdk.Testing;

/// <summary>A temp folder with an OS-locked marker beside it: if this process is killed, the lock is free and the next
/// folder made sweeps it away.</summary>
internal sealed class ThrowawayFolder : IDisposable
{
    private const string MarkerSuffix = ".lock";
    private readonly FolderLock _lock;
    private readonly string _marker;

    private ThrowawayFolder(string path, string marker, FolderLock held)
    {
        Path = path;
        _marker = marker;
        _lock = held;
    }

    /// <summary>The folder; only its owner can enter it.</summary>
    public string Path { get; }

    /// <summary>Where all of them are, one such place for each user of the machine.</summary>
    public static string Home => System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"isolation-testing-{UserKey}");

    // One path segment, and no two users with the same.
    private static string UserKey =>
        Environment.UserName.All(char.IsAsciiLetterOrDigit)
            ? Environment.UserName
            : "x-" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Environment.UserName));

    public static ThrowawayFolder Create(string prefix)
    {
        Open(Home);
        Sweep(Home);
        while (true)
        {
            string path = System.IO.Path.Combine(
                Home,
                string.Create(CultureInfo.InvariantCulture, $"{prefix}-{Guid.NewGuid():n}")
            );
            string marker = path + MarkerSuffix;
            FolderLock? held = FolderLock.TryAcquire(marker);
            if (held is null || !File.Exists(marker))
            {
                // A sweep met the marker between its making and its locking, and took it for a dead one.
                held?.Dispose();
                continue;
            }

            MakePrivate(path);
            return new ThrowawayFolder(path, marker, held);
        }
    }

    /// <summary>Notes how to undo something outside of the folder, for the sweep after a kill.</summary>
    public void NoteWorktree(string registration) => File.WriteAllText(WorktreeNote(Path), registration);

    public void Dispose()
    {
        using (_lock)
        {
            Remove(Path);
            if (!OperatingSystem.IsWindows())
            {
                // Deleted while the lock is held, so that nobody can lock a file that is about to go.
                File.Delete(_marker);
            }
        }

        // Windows deletes no open file. Another sweep may hold it by now; then that one deletes it.
        File.Delete(_marker);
    }

    /// <summary>Removes what dead processes left. A marker whose lock is free has no owner.</summary>
    internal static void Sweep(string home)
    {
        foreach (string marker in Directory.EnumerateFiles(home, "*" + MarkerSuffix))
        {
            try
            {
                if (FolderLock.TryAcquire(marker) is { } dead)
                {
                    string path = marker[..^MarkerSuffix.Length];
                    new ThrowawayFolder(path, marker, dead).Dispose();
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // Someone else's, still open somewhere, or of a name that .NET has no word for: the next sweep comes.
            }
        }
    }

    private static void Remove(string path)
    {
        string note = WorktreeNote(path);
        string? registration = File.Exists(note) ? File.ReadAllText(note) : null;
        FolderDeletion.Delete(path);
        if (registration is not null)
        {
            // Only a registration that points back here is ours to take away.
            string pointer = System.IO.Path.Combine(registration, "gitdir");
            string name = System.IO.Path.GetFileName(path);
            if (
                File.Exists(pointer)
                && File.ReadAllText(pointer)
                    .Trim()
                    .Replace('\\', '/')
                    .EndsWith($"/{name}/{name}/.git", StringComparison.Ordinal)
            )
            {
                FolderDeletion.Delete(registration);
            }

            File.Delete(note);
        }
    }

    private static string WorktreeNote(string path) => path + ".worktree";

    private static void Open(string home)
    {
        if (new DirectoryInfo(home).LinkTarget is not null)
        {
            throw new IOException($"'{home}' is a link; remove it: throwaway folders are made and removed in it.");
        }

        Directory.CreateDirectory(home);
    }

    private static void MakePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
