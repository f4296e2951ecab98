using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Sdk.Platform;

// By what nobody can forge: the moment an inode last changed. Without .git at the top.
internal sealed class TreeComparer(IFileManifest index, string top)
{
    private readonly TreeDirectories _folders = new(index);

    // 'stamp' is when folders should have been written; 'reads' where the file system does not say of each file that it
    // was.
    public TreeDifferences Run(long? stamp = null, bool reads = false) => Run(stamp, reads, null);

    public TreeDifferences RunAgain(TreeDifferences before, long? stamp) => Run(stamp, reads: false, before.Locations);

    public unsafe void SetTimes(IEnumerable<int> folders, DateTimeOffset stamp)
    {
        using DirectoryCursor cursor = new(index, _folders, top, makes: false);
        foreach (int folder in folders.Distinct().Where(f => f > 0))
        {
            if (LinuxFiles.SetWritten(cursor.GoTo(folder), null, stamp) != 0)
            {
                throw LinuxFiles.Failed(Marshal.GetLastPInvokeError(), top);
            }
        }
    }

    private TreeDifferences Run(long? stamp, bool reads, IReadOnlySet<int>? only)
    {
        DirectoryAttributes rules = DirectoryAttributes.Of(top);
        List<DirectoryComparer> scans = [];
        _folders
            .OnAllAsync(part =>
            {
                using DirectoryCursor cursor = new(index, _folders, top, makes: false);
                using FileHasher? content = reads ? new FileHasher(index) : null;
                using DirectoryComparer scan = new(index, _folders, rules, stamp, content);
                for (int i = part.Start.Value; i < part.End.Value; i++)
                {
                    if (only?.Contains(i) != false)
                    {
                        scan.CompareDirectory(i, cursor.GoTo(i));
                    }
                }

                lock (scans)
                {
                    scans.Add(scan);
                }
            })
            .GetAwaiter()
            .GetResult();
        return new TreeDifferences(
            [.. scans.SelectMany(s => s.Unknown)],
            [.. scans.SelectMany(s => s.Altered).Order()],
            [.. scans.SelectMany(s => s.Missing).Order()],
            [.. scans.SelectMany(s => s.Folders).Select(f => Encoding.UTF8.GetString(f))]
        )
        {
            Locations = scans
                .SelectMany(s => s.Locations)
                .SelectMany(f => new[] { f, Math.Max(0, _folders.All[f].Parent) })
                .ToHashSet(),
            Written = [.. scans.SelectMany(s => s.Written)],
        };
    }
}
