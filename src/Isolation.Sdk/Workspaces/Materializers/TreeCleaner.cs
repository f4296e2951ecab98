using System.Text;
using Isolation.Sdk.Git;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

// Deletes what is not in the index, has git write again what is not as it was, and looks once more: it is clean only
// when that last look finds nothing.
internal sealed class TreeCleaner(WorkspaceContext context, TemplateTree tree, IndexFile index, bool reads)
{
    // From the second time on what is left is deleted with its folder; the last time nothing may be left.
    private const int MaxPasses = 4;
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // When the files say they were written; null when they cannot be made as new.
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

        OpenFolders();
        long? stamp = CommonStamp();
        TreeComparer scan = PlatformFiles.Current.Compare(index, tree.Files);
        List<int> touched = [];
        TreeDifferences? before = null;
        for (int look = 1; look <= MaxPasses; look++)
        {
            // What was in order stays so while something else is mended; but folders that had to be opened may hide
            // more.
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

    // Without anything of git's, which no look at the files sees.
    public static bool HasTop(TemplateTree tree) =>
        new DirectoryInfo(tree.Files) is { Exists: true, LinkTarget: null }
        && Path.Combine(tree.Files, ".git") is var git
        && !Path.Exists(git)
        && new FileInfo(git).LinkTarget is null;

    // What cannot be looked into cannot be compared: its owner gets back what the worker took away.
    private void OpenFolders()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            return;
        }

        HashSet<string> real = new() { Path.GetDirectoryName(tree.Files)! };

        // Never through a link: one of those above may lead elsewhere by now.
        foreach (
            string folder in FindFolders()
                .Order(StringComparer.Ordinal)
                .Select(f => Path.Combine(tree.Files, f))
                .Prepend(tree.Files)
        )
        {
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

    private HashSet<string> FindFolders()
    {
        HashSet<string> all = [];
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

        context.Faults.OnStep(WorkspaceStep.MidClean);
        foreach (int entry in entries)
        {
            // A new file takes its place: nothing is ever written through a link, or into a file that has another name.
            PlatformFiles.Current.DeleteTree(tree.Files, index.Path(entry));
        }
    }

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
