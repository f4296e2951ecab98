using System.IO.MemoryMappedFiles;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

// Cleaned one after the other, they wait for whichever host process comes first. Everything of git's is made new each
// time, so only files can differ, and these are compared with what was written.
internal sealed class IdleWorkspaces(WorkspaceContext context)
{
    private readonly int _max = context.Options.PoolSize;
    private readonly Lock _gate = new();
    private readonly Queue<Task<string?>> _cleaning = [];
    private Task _last = Task.CompletedTask;
    private Task? _claimed;
    private int _taken;
    private int _swept;
    private bool? _unseenWrites;

    // One that waits, or the one that is being cleaned, which is there sooner than another would be.
    public IdleMaterializer Reserve(string commit, TemplateMaterializer templates, CancellationToken cancellationToken)
    {
        string key = context.Settings.Key();
        return new IdleMaterializer(
            context,
            this,
            templates,
            key,
            Task.Run(() => TakeAsync(key, commit, cancellationToken), cancellationToken)
        );
    }

    public async Task<bool> TryTakeInAsync(
        WorkspaceInfo info,
        IndexFile index,
        string key,
        Func<string, Task> moveAsync
    )
    {
        if (
            !OperatingSystem.IsLinux()
            || !Directory.Exists(info.Path)
            || key != context.Settings.Key()
            || context.Settings.UnsupportedReason() is not null
            || !TryEnter()
        )
        {
            return false;
        }

        TemplateTree? tree = null;
        try
        {
            tree = TemplateTree.Begin(context);
            await moveAsync(tree.Files).ConfigureAwait(false);
        }
        catch (IOException e) when (tree is null && DiskErrors.IsFull(e))
        {
            Leave(); // No room for what would stay: all of it goes.
            return false;
        }
        catch
        {
            try
            {
                using (tree)
                {
                    tree?.Discard();
                }
            }
            finally
            {
                Leave();
            }

            throw;
        }

        context.Faults.OnStep(WorkspaceStep.Detached);
        CleanInBackground(() => CleanAsync(tree, index, info.BaseCommit, key));
        return true;
    }

    public Task SettleAsync()
    {
        lock (_gate)
        {
            return _last;
        }
    }

    private async Task<TemplateTree?> TakeAsync(string key, string commit, CancellationToken cancellationToken)
    {
        TemplateTree? waits = await TakeAsync(key, commit, cleaned: null, cancellationToken).ConfigureAwait(false);
        return waits is null && ClaimCleaning() is { } cleaning
            ? await TakeAsync(
                    key,
                    commit,
                    await cleaning.WaitAsync(cancellationToken).ConfigureAwait(false),
                    cancellationToken
                )
                .ConfigureAwait(false)
            : waits;
    }

    // One that is in doubt is thrown away.
    private async Task<TemplateTree?> TakeAsync(
        string key,
        string commit,
        string? cleaned,
        CancellationToken cancellationToken
    )
    {
        if (Interlocked.Exchange(ref _swept, 1) == 0)
        {
            TemplateTree.Sweep(context);
        }

        cancellationToken.ThrowIfCancellationRequested();
        foreach (
            (string folder, TemplateRecord record, _) in All()
                .Where(t => t.Record.Key == key)
                .OrderByDescending(t => t.Record.Commit == commit)
                .ThenByDescending(t => t.Used)
                .ToArray()
        )
        {
            if (TemplateTree.TryOpen(context, folder, record, alone: true) is not { } tree)
            {
                continue; // Another took it this moment.
            }

            bool isNew = folder == cleaned && record.Commit == commit;
            bool moved = await TryMoveAsync(tree, commit, cancellationToken).ConfigureAwait(false);
            if (moved && (isNew || IsUnchanged(tree)))
            {
                return tree;
            }

            Discard(tree);
            if (!moved)
            {
                return null; // Another would fare no better.
            }
        }

        return null;
    }

    private async Task<string?> CleanAsync(TemplateTree tree, IndexFile index, string commit, string key)
    {
        try
        {
            _unseenWrites ??= AreMappedWritesUnseen(tree.Folder);
            if (
                await new TreeCleaner(context, tree, index, _unseenWrites.Value).RunAsync().ConfigureAwait(false)
                    is { } stamp
                && context.Settings.Key() == key
                && All().Count() < _max
            )
            {
                context.Faults.OnStep(WorkspaceStep.Cleaned);
                tree.Complete(
                    new TemplateRecord(TemplateKind.Idle, context.Repository.CommonDirectory, commit, key, stamp),
                    index
                );
                context.Faults.OnStep(WorkspaceStep.Idle);
                tree.Dispose();
                return tree.Folder;
            }
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or IsolationException or ArgumentException)
        {
            // Attributes that nobody here may change, no space, a name that is no text, …
        }

        Discard(tree);
        return null;
    }

    // A write through a shared mapping changes no time at all on a tmpfs, not even that of the inode.
    private static bool AreMappedWritesUnseen(string folder)
    {
        string file = Path.Combine(folder, "mapped"),
            clock = Path.Combine(folder, "clock");
        try
        {
            File.WriteAllBytes(file, [0]);
            DateTime made = File.GetLastWriteTimeUtc(file);
            SpinWait wait = default;
            do
            {
                File.WriteAllBytes(clock, [0]); // Until the clock of the file system has gone on.
                wait.SpinOnce();
            } while (File.GetLastWriteTimeUtc(clock) <= made);
            using (MemoryMappedFile map = MemoryMappedFile.CreateFromFile(file, FileMode.Open, null, 1))
            using (MemoryMappedViewAccessor view = map.CreateViewAccessor())
            {
                view.Write(0, (byte)(view.ReadByte(0) + 1));
                view.Flush();
            }

            return File.GetLastWriteTimeUtc(file) <= made;
        }
        finally
        {
            File.Delete(file);
            File.Delete(clock);
        }
    }

    private static bool IsUnchanged(TemplateTree tree) =>
        DiskErrors.Try(() =>
        {
            if (tree.Index is not { } index || !TreeCleaner.HasTop(tree))
            {
                return false;
            }

            TreeComparer comparer = PlatformFiles.Current.Compare(index, tree.Files);
            TreeDifferences found = comparer.Run(tree.Record!.Stamp);
            // A move leaves its traces there.
            comparer.SetTimes(found.Written, DateTimeOffset.FromUnixTimeSeconds(tree.Record.Stamp));
            return found.IsEmpty;
        });

    private static async Task<bool> TryMoveAsync(TemplateTree tree, string commit, CancellationToken cancellationToken)
    {
        if (tree.Record!.Commit == commit)
        {
            return true;
        }

        try
        {
            await tree.MoveAsync(commit, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or IsolationException)
        {
            return false;
        }
        catch
        {
            Discard(tree);
            throw;
        }
    }

    private static void Discard(TemplateTree tree)
    {
        using (tree)
        {
            DiskErrors.Try(tree.Discard); // It has no record, and the next one that looks tries again.
        }
    }

    private IEnumerable<(string Folder, TemplateRecord Record, DateTime Used)> All() =>
        TemplateTree.All(context, TemplateKind.Idle);

    // What is released faster than it is cleaned does not pile up.
    private bool TryEnter()
    {
        int free = _max - All().Count();
        lock (_gate)
        {
            if (_taken >= free)
            {
                return false;
            }

            _taken++;
            return true;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _taken--;
        }
    }

    private void CleanInBackground(Func<Task<string?>> work)
    {
        lock (_gate)
        {
            Task before = _last;
            Task<string?> done = Task.Run(async () =>
            {
                await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                try
                {
                    return await work().ConfigureAwait(false);
                }
                finally
                {
                    lock (_gate)
                    {
                        _cleaning.Dequeue();
                        _taken--;
                    }
                }
            });
            _cleaning.Enqueue(done);
            _last = done;
        }
    }

    private Task<string?>? ClaimCleaning()
    {
        lock (_gate)
        {
            if (!_cleaning.TryPeek(out Task<string?>? now) || now == _claimed)
            {
                return null;
            }

            _claimed = now;
            return now;
        }
    }
}
