using System.Text;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces.Pooling;

/// <summary>The folders that the files of an index are in.</summary>
internal sealed class IndexFolders(IndexFile index, string top)
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // Each after the one that it is in.
    private readonly string[] _all = [.. Find(index).Order(StringComparer.Ordinal).Select(f => Path.Combine(top, f))];

    /// <summary>Gives every one below the top the same time of writing: it says when something in it came or went, and those of a new workspace all say the same.</summary>
    public void SetTimes(DateTimeOffset stamp)
    {
        foreach (string folder in _all)
        {
            if (Directory.GetLastWriteTimeUtc(folder) != stamp.UtcDateTime)
            {
                Directory.SetLastWriteTimeUtc(folder, stamp.UtcDateTime);
            }
        }
    }

    /// <summary>Gives their owner back what a worker took away: what cannot be looked into cannot be compared. Root needs no rights.</summary>
    public void Open()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            return;
        }

        HashSet<string> real = new(StringComparer.Ordinal) { Path.GetDirectoryName(top)! };
        foreach (string folder in _all.Prepend(top))
        {
            // Never through a link: one of those above may lead elsewhere by now.
            if (real.Contains(Path.GetDirectoryName(folder)!) && new DirectoryInfo(folder) is { Exists: true, LinkTarget: null } info && real.Add(folder) && (info.UnixFileMode & Owner) != Owner)
            {
                info.UnixFileMode |= Owner;
            }
        }
    }

    private static HashSet<string> Find(IndexFile index)
    {
        HashSet<string> all = new(StringComparer.Ordinal);
        ReadOnlySpan<byte> last = [];
        for (int i = 0; i < index.Count; i++)
        {
            ReadOnlySpan<byte> path = index.Path(i);
            ReadOnlySpan<byte> folder = index.IsSubmodule(i) ? path : path[..Math.Max(path.LastIndexOf((byte)'/'), 0)];
            if (!folder.SequenceEqual(last))
            {
                last = folder;
                for (string? name = Encoding.UTF8.GetString(folder); name is { Length: > 0 } && all.Add(name); name = Path.GetDirectoryName(name))
                {
                }
            }
        }

        return all;
    }
}
