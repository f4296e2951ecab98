using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Merging;

/// <summary>What of a worktree's own git directory must be the same after a gate as before: the pointers, HEAD, its config, and that no operation is under way.</summary>
internal sealed class WorktreeFingerprint
{
    // What plain git commands write in passing; nothing of it reaches the next candidate.
    private static readonly string[] Harmless = ["index", "logs", "ORIG_HEAD", "FETCH_HEAD", "COMMIT_EDITMSG"];
    private Dictionary<string, string?> _closed = [];

    /// <summary>Notes how it is now, before a gate runs.</summary>
    public void Close(string workTree, string gitDirectory) => _closed = Look(workTree, gitDirectory);

    /// <summary>The first thing that is not as it was; <see langword="null"/> when all is.</summary>
    public string? FindBroken(string workTree, string gitDirectory)
    {
        Dictionary<string, string?> now = Look(workTree, gitDirectory);
        return now
            .Keys.Union(_closed.Keys)
            .Where(k => !now.ContainsKey(k) || !_closed.ContainsKey(k) || now[k] != _closed[k])
            .Order(StringComparer.Ordinal)
            .FirstOrDefault();
    }

    private static Dictionary<string, string?> Look(string workTree, string gitDirectory)
    {
        Dictionary<string, string?> found = new(StringComparer.Ordinal)
        {
            [".git"] = WorktreeEntries.Pointer(workTree),
        };
        if (!Directory.Exists(gitDirectory))
        {
            return found;
        }

        foreach (
            FileSystemInfo entry in new DirectoryInfo(gitDirectory)
                .EnumerateFileSystemInfos()
                .Where(e => !Harmless.Contains(e.Name, StringComparer.Ordinal))
        )
        {
            found[entry.Name] = entry is FileInfo { LinkTarget: null } file ? Read(file.FullName) : entry.LinkTarget;
        }

        return found;
    }

    private static string? Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
