using System.Text;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

/// <summary>Gives the owner of a tree back what a worker took away: a folder that cannot be looked into cannot be compared. Root needs no rights.</summary>
internal static class OwnerRights
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Opens the folders that an index knows of.</summary>
    public static void Open(IndexFile index, string top)
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            return;
        }

        HashSet<string> real = new(StringComparer.Ordinal) { Path.GetDirectoryName(top)! };
        // Each after the one that it is in.
        foreach (
            string folder in Find(index).Order(StringComparer.Ordinal).Select(f => Path.Combine(top, f)).Prepend(top)
        )
        {
            // Never through a link: one of those above may lead elsewhere by now.
            if (
                real.Contains(Path.GetDirectoryName(folder)!)
                && new DirectoryInfo(folder) is { Exists: true, LinkTarget: null } info
                && real.Add(folder)
                && (info.UnixFileMode & Owner) != Owner
            )
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
                for (
                    string? name = Encoding.UTF8.GetString(folder);
                    name is { Length: > 0 } && all.Add(name);
                    name = Path.GetDirectoryName(name)
                ) { }
            }
        }

        return all;
    }
}
