using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

// It belongs to nobody. While this object lives, its lock is held: shared to copy from it, alone to change it, move it
// or hand it out.
internal sealed class TemplateTree(WorkspaceContext context, string folder, OsFileLock held, TemplateRecord? record)
    : IDisposable
{
    // An index written now is younger than its files by git's measure: no file has to be read.
    private const int StampLag = 2;
    private IndexFile? _index;

    public string Folder => folder;

    public string Files => FilesOf(Folder);

    public TemplateRecord? Record { get; private set; } = record;

    public IndexFile? Index => _index ??= IndexFile.TryRead(IndexPath, context.Repository.ObjectFormat);

    public string IndexPath => Path.Combine(Folder, "index");

    public static DateTimeOffset StampOf(TimeProvider time) =>
        DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds() - StampLag);

    public static string FilesOf(string folder) => Path.Combine(folder, "files");

    private static string LockOf(string folder) => folder + ".lock";

    public static IEnumerable<(string Folder, TemplateRecord Record, DateTime Used)> All(
        WorkspaceContext context,
        TemplateKind kind
    )
    {
        if (!Directory.Exists(context.Workers.Templates))
        {
            yield break;
        }

        foreach (string folder in Directory.EnumerateDirectories(context.Workers.Templates))
        {
            if (
                TemplateRecord.TryRead(folder) is { } record
                && record.Kind == kind
                && record.Repository == context.Repository.CommonDirectory
            )
            {
                yield return (folder, record, File.GetLastWriteTimeUtc(LockOf(folder)));
            }
        }
    }

    public static TemplateTree Begin(WorkspaceContext context)
    {
        Directory.CreateDirectory(context.Workers.Templates);
        Sweep(context);
        while (true)
        {
            // Another host may sweep this moment and take the new lock for one that was left.
            string folder = Path.Combine(context.Workers.Templates, Guid.NewGuid().ToString("n"));
            if (OsFileLock.TryAcquire(LockOf(folder)) is { } held)
            {
                return BeginIn(context, folder, held);
            }
        }
    }

    public static TemplateTree? TryOpen(WorkspaceContext context, string folder, TemplateRecord seen, bool alone)
    {
        if (
            (alone ? OsFileLock.TryAcquire(LockOf(folder)) : OsFileLock.TryAcquireShared(LockOf(folder)))
            is not { } held
        )
        {
            return null;
        }

        if (TemplateRecord.TryRead(folder) is { } record && record == seen)
        {
            return new TemplateTree(context, folder, held, record);
        }

        held.Dispose();
        return null;
    }

    // Trees without a record that nobody holds.
    public static void Sweep(WorkspaceContext context)
    {
        if (!Directory.Exists(context.Workers.Templates))
        {
            return;
        }

        foreach (string entry in Directory.EnumerateFileSystemEntries(context.Workers.Templates).ToArray())
        {
            string folder = entry.EndsWith(".lock", StringComparison.Ordinal) ? entry[..^".lock".Length] : entry;
            if (TemplateRecord.TryRead(folder) is null && OsFileLock.TryAcquire(LockOf(folder)) is { } held)
            {
                using TemplateTree left = new(context, folder, held, TemplateRecord.TryRead(folder));
                if (left.Record is null)
                {
                    left.Discard();
                }
            }
        }
    }

    public async Task WriteAsync(string commit, bool subvolume, CancellationToken cancellationToken)
    {
        DateTimeOffset stamp = StampOf(context.Time);
        string key = context.Settings.Key();
        if (subvolume)
        {
            PlatformFiles.Current.CreateSubvolume(Files);
        }
        else
        {
            Directory.CreateDirectory(Files);
        }

        context.Faults.OnStep(WorkspaceStep.TreeBegun);
        await FillAsync(
                git => git.WriteAsync(commit, cancellationToken),
                new TemplateRecord(
                    TemplateKind.Template,
                    context.Repository.CommonDirectory,
                    commit,
                    key,
                    stamp.ToUnixTimeSeconds()
                ),
                was: null,
                WorkspaceStep.TreeWritten,
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    public async Task MoveAsync(string commit, CancellationToken cancellationToken)
    {
        IndexFile was = Index ?? throw new IOException($"The index of '{Folder}' cannot be read.");
        TemplateRecord before = Forget();
        if (before.Generation is not null)
        {
            PlatformFiles.Current.SetReadOnly(Files, false);
        }

        context.Faults.OnStep(WorkspaceStep.MoveBegun);
        await FillAsync(
                git => git.MoveAsync(before.Commit, commit, cancellationToken),
                before with
                {
                    Commit = commit,
                },
                was,
                WorkspaceStep.MoveWritten,
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    public void Complete(TemplateRecord record, IndexFile index)
    {
        index.Save(IndexPath);
        Save(record, index);
    }

    // Its index stays until Discard.
    public void MoveFilesTo(string path)
    {
        Forget();
        Directory.Move(Files, path);
        context.Faults.OnStep(WorkspaceStep.Taken);
    }

    // Another user's is of use all the same.
    public void Touch() =>
        DiskErrors.Try(() => File.SetLastWriteTimeUtc(LockOf(Folder), context.Time.GetUtcNow().UtcDateTime));

    public TemplateRecord Forget()
    {
        TemplateRecord was = Record!;
        File.Delete(TemplateRecord.FileOf(Folder));
        Record = null;
        return was;
    }

    // Held alone, or never to be seen again.
    public void Discard()
    {
        if (Directory.Exists(Folder))
        {
            File.Delete(TemplateRecord.FileOf(Folder)); // Otherwise only its lock was left.
        }

        Record = null;
        if (PlatformFiles.Current.InspectSubvolume(Files) is { IsReadOnly: true })
        {
            PlatformFiles.Current.SetReadOnly(Files, false);
        }

        context.Trash.Discard(Folder, context.Workers.Trash);
        File.Delete(LockOf(Folder));
    }

    public void Dispose() => held.Dispose();

    private static TemplateTree BeginIn(WorkspaceContext context, string folder, OsFileLock held)
    {
        TemplateTree begun = new(context, folder, held, null);
        try
        {
            Directory.CreateDirectory(folder);
            return begun;
        }
        catch
        {
            begun.Discard();
            begun.Dispose();
            throw;
        }
    }

    private async Task FillAsync(
        Func<TemplateGit, Task> write,
        TemplateRecord record,
        IndexFile? was,
        WorkspaceStep step,
        CancellationToken cancellationToken
    )
    {
        TemplateGit git = new(context.Repository, Files, IndexPath);
        Task<string> reading = git.TreeOfAsync(record.Commit, cancellationToken);
        await write(git).ConfigureAwait(false);
        string expected = await reading.ConfigureAwait(false);

        IndexFile? index = IndexFile.TryRead(IndexPath, context.Repository.ObjectFormat);
        if (
            index is null
            || (index.Tree ?? await git.WriteTreeAsync(cancellationToken).ConfigureAwait(false)) != expected
        )
        {
            throw new IOException($"The index of {record.Commit} came out as another tree.");
        }

        if (was is not null && !GitAttributes.AreSame(was, index))
        {
            throw new IOException(
                $"Other attributes hold at {record.Commit}: files that are the same there may look another way."
            );
        }

        PlatformFiles.Current.StampTree(
            index,
            Files,
            DateTimeOffset.FromUnixTimeSeconds(record.Stamp),
            was is null ? null : Fresh(index, record.Stamp)
        );
        index.Save(IndexPath);
        context.Faults.OnStep(step);
        Save(record, index);
    }

    private void Save(TemplateRecord record, IndexFile index)
    {
        if (PlatformFiles.Current.InspectSubvolume(Files) is not null && record.Kind == TemplateKind.Template)
        {
            PlatformFiles.Current.SetReadOnly(Files, true);
            record = record with { Generation = PlatformFiles.Current.InspectSubvolume(Files)?.Generation };
        }

        record.Write(Folder);
        (Record, _index) = (record, index);
        context.Faults.OnStep(WorkspaceStep.TreeRecorded);
    }

    private static List<int> Fresh(IndexFile index, long stamp) =>
        [.. Enumerable.Range(0, index.Count).Where(i => index.Stamp(i).WrittenSeconds != (uint)stamp)];
}
