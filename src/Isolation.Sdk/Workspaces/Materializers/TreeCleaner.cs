using System.Text;
using Isolation.Sdk.Git;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

/// <summary>
/// Makes the files of a released workspace what they were when it was filled: deletes what is not in its index, has git write again what is not as it was, and looks once more. Whatever a worker
/// did there, it counts as clean only when that last look finds nothing.
/// </summary>
/// <param name="context">The repository.</param>
/// <param name="tree">Held alone.</param>
/// <param name="index">What the files were when they were written; not the worker's.</param>
/// <param name="reads">Whether files have to be read, too, since the file system does not say of each that it was written.</param>
internal sealed class TreeCleaner(WorkspaceContext context, TemplateTree tree, IndexFile index, bool reads)
{
    // From the second time on what is left is deleted with its folder, which takes one more to write again; the last time nothing may be left.
    private const int MaxPasses = 4;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>What is true of the files once they are clean.</summary>
    public IndexFile Index => index;

    /// <returns>When the files say they were written, seconds since 1970; <see langword="null"/> when they cannot be made as new.</returns>
    public async Task<long?> RunAsync()
    {
        if (new DirectoryInfo(tree.Files).LinkTarget is null)
        {
            context.Trash.Discard(Path.Combine(tree.Files, ".git"), context.Workers.Trash);
        }

        if (!HasTop(tree))
        {
            return null;
        }

        OwnerRights.Open(index, tree.Files);
        long? stamp = CommonStamp();
        ITreeComparer scan = PlatformFiles.Current.Compare(index, tree.Files);
        List<int> touched = [];
        TreeDifferences? before = null;
        for (int look = 1; look <= MaxPasses; look++)
        {
            // What was in order a moment ago stays so while something else is mended; but folders that had to be opened may hide more.
            TreeDifferences found =
                look == 2 && before!.Folders.Count == 0
                    ? scan.RunAgain(before, stamp)
                    : scan.Run(stamp, reads && look == 1);
            before = found;
            touched.AddRange(found.Written);
            if (found.IsEmpty && stamp is { } written)
            {
                scan.SetTimes(touched, DateTimeOffset.FromUnixTimeSeconds(written));
                return context.Settings.UnsupportedReason(index, tree.Files) is null && HasTop(tree) ? written : null;
            }

            int[] entries = [.. found.Altered.Concat(found.Missing).Distinct()];
            Delete(found, entries, harder: look > 1);
            await WriteAsync(entries).ConfigureAwait(false);
            bool all = stamp is null;
            DateTimeOffset time = stamp is { } known
                ? DateTimeOffset.FromUnixTimeSeconds(known)
                : TemplateTree.StampOf(context.Time);
            PlatformFiles.Current.StampTree(index, tree.Files, time, all ? null : entries);
            stamp = time.ToUnixTimeSeconds();
        }

        return null;
    }

    /// <summary>Whether the top is a folder without anything of git's, which no look at the files sees.</summary>
    public static bool HasTop(TemplateTree tree) =>
        new DirectoryInfo(tree.Files) is { Exists: true, LinkTarget: null }
        && Path.Combine(tree.Files, ".git") is var git
        && !Path.Exists(git)
        && new FileInfo(git).LinkTarget is null;

    private void Delete(TreeDifferences found, int[] entries, bool harder)
    {
        foreach (string folder in found.Folders)
        {
            string path = Path.Combine(tree.Files, folder);
            if (!harder)
            {
                MakeOrdinary(path);
            }
            else if (folder.Length > 0)
            {
                SafeDelete.DeleteTree(path);
            }
        }

        foreach (byte[] stranger in found.Unknown)
        {
            PlatformFiles.Current.DeleteTree(tree.Files, stranger);
        }

        context.Faults.Reached(WorkspaceStep.MidClean);
        foreach (int entry in entries)
        {
            // A new file takes its place: nothing is ever written through a link, or into a file that has another name elsewhere.
            PlatformFiles.Current.DeleteTree(tree.Files, index.Path(entry));
        }
    }

    // As this process makes folders, such as the one around it.
    private void MakeOrdinary(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, File.GetUnixFileMode(tree.Folder));
        }
    }

    private async Task WriteAsync(int[] entries)
    {
        if (entries.Length > 0)
        {
            string file = Path.Combine(tree.Folder, "index");
            index.Save(file);
            await new TemplateGit(context.Repository, tree.Files, file)
                .RestoreAsync(
                    string.Concat(entries.Select(e => Utf8.GetString(index.Path(e)) + '\0')),
                    CancellationToken.None
                )
                .ConfigureAwait(false);
        }
    }

    /// <summary>The one time that all files were given; <see langword="null"/> when git wrote them one after the other.</summary>
    private long? CommonStamp()
    {
        uint? seen = null;
        for (int i = 0; i < index.Count; i++)
        {
            FileStamp stamp = index.Stamp(i);
            if (index.IsSubmodule(i))
            {
                continue;
            }

            if (stamp.WrittenNanoseconds != 0 || (seen ?? stamp.WrittenSeconds) != stamp.WrittenSeconds)
            {
                return null;
            }

            seen = stamp.WrittenSeconds;
        }

        return seen;
    }
}
