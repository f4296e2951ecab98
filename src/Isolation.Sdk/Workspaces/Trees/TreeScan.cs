using System.Text;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces.Trees;

/// <summary>Compares a folder with an index entry by entry, by what nobody can forge: the moment an inode last changed.</summary>
internal static class TreeScan
{
    /// <summary>Looks at everything below a folder; <c>.git</c> at its top is left out.</summary>
    /// <exception cref="IOException">The folder itself is not there.</exception>
    public static TreeFindings Run(IndexFile index, string folder)
    {
        TreeFolders folders = new(index);
        FolderRules rules = FolderRules.Of(folder);
        List<FolderScan> scans = [];
        folders.OnAllAsync(part =>
        {
            using FolderCursor cursor = new(index, folders, folder, makes: false);
            using FolderScan scan = new(index, folders, rules);
            for (int i = part.Start.Value; i < part.End.Value; i++)
            {
                scan.Look(i, cursor.GoTo(i));
            }

            lock (scans)
            {
                scans.Add(scan);
            }
        }).GetAwaiter().GetResult();
        return new TreeFindings(
            [.. scans.SelectMany(s => s.Strangers)],
            [.. scans.SelectMany(s => s.Altered).Order()],
            [.. scans.SelectMany(s => s.Missing).Order()],
            [.. scans.SelectMany(s => s.Folders).Select(f => Encoding.UTF8.GetString(f))]);
    }
}
