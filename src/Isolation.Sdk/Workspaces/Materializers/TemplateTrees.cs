using System.Buffers.Binary;
using System.Text;
using Isolation.Sdk.Git;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

/// <summary>The trees that workspaces of one repository are copied from: few, each at a base that was asked for, shared with every host process that works on the repository.</summary>
internal sealed class TemplateTrees(WorkspaceContext context, int most) : IAsyncDisposable
{
    /// <summary>A base of fewer files is checked out by git as fast as it is copied.</summary>
    public const int MinimumFiles = 500;

    // When more than a part of the files differs, another tree costs little more than moving this one, and both stay of use.
    private const int MovedFraction = 4;
    private readonly SemaphoreSlim _making = new(1);

    // A copy keeps a few processors busy by itself. More at once wait for each other in the kernel, and all of them end late.
    private readonly SemaphoreSlim _copying = new(
        Math.Max(1, Environment.ProcessorCount / PlatformFiles.Current.MaxThreads)
    );
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly HashSet<string> _unsafe = new(StringComparer.Ordinal);
    private (string Commit, Task Task)? _background;

    /// <summary>A tree at a commit, held against change until it is disposed; <see langword="null"/> when there is none, or none that may be copied.</summary>
    /// <param name="commit">The base.</param>
    /// <param name="subvolume">Whether it has to be one that can be snapshot.</param>
    /// <param name="make">Whether it is made if need be, while the caller waits.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<TemplateTree?> BorrowAsync(
        string commit,
        bool subvolume,
        bool make,
        CancellationToken cancellationToken
    )
    {
        if (most == 0 || IsUnsafe(commit) || context.Settings.UnsupportedReason() is not null)
        {
            return null;
        }

        if (Find(commit, subvolume) is { } there)
        {
            return there;
        }

        if (!make && Background() is { } now && now.Commit == commit)
        {
            await now.Task.WaitAsync(cancellationToken).ConfigureAwait(false); // It is nearly here, and two would be slower.
        }

        await _making.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (
                Find(commit, subvolume) is null
                && !await MoveNearestAsync(commit, subvolume, cancellationToken).ConfigureAwait(false)
                && make
            )
            {
                await MakeAsync(commit, subvolume, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _making.Release();
        }

        return IsUnsafe(commit) ? null : Find(commit, subvolume);
    }

    /// <summary>Copies a borrowed tree into a new folder, when it is its turn.</summary>
    /// <param name="borrowed">The tree.</param>
    /// <param name="path">A path that is free.</param>
    /// <param name="share">Whether blocks are shared (reflink) instead of copied.</param>
    /// <param name="cancellationToken">Ends the work; what is copied stays.</param>
    /// <returns>The index of the copy; <see langword="null"/> when the tree is not what its own says.</returns>
    /// <exception cref="IOException">No space, no inodes, too long a path, …</exception>
    public async Task<IndexFile?> CopyAsync(
        TemplateTree borrowed,
        string path,
        bool share,
        CancellationToken cancellationToken
    )
    {
        await _copying.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Directory.CreateDirectory(path);
            IndexFile? copied = borrowed.Index?.Copy();
            if (
                copied is not null
                && !await PlatformFiles
                    .Current.CopyTreeAsync(
                        new TreeCopy(
                            borrowed.Index!,
                            copied,
                            borrowed.Files,
                            path,
                            DateTimeOffset.FromUnixTimeSeconds(borrowed.Record!.Stamp),
                            share
                        )
                        {
                            OnBegun = () => context.Faults.Reached(WorkspaceStep.MidFill),
                        },
                        cancellationToken
                    )
                    .ConfigureAwait(false)
            )
            {
                copied = null;
            }

            context.Faults.Reached(WorkspaceStep.Filled);
            return copied;
        }
        finally
        {
            _copying.Release();
        }
    }

    /// <summary>Makes a tree for the next ones, while whoever asked first works already.</summary>
    public void MakeInBackground(string commit, bool subvolume)
    {
        lock (_gate)
        {
            if (
                most > 0
                && !_ending.IsCancellationRequested
                && _background is null or { Task.IsCompleted: true }
                && context.Settings.UnsupportedReason() is null
                && !_unsafe.Contains(commit)
            )
            {
                _background = (commit, Task.Run(() => TryMakeAsync(commit, subvolume)));
            }
        }
    }

    /// <summary>Throws a tree away whose files are not what they were.</summary>
    public void Invalidate(TemplateTree borrowed)
    {
        (string folder, TemplateRecord record) = (borrowed.Folder, borrowed.Record!);
        borrowed.Dispose();
        if (TemplateTree.TryOpen(context, folder, record, alone: true) is { } alone)
        {
            using (alone)
            {
                alone.Discard();
            }
        }
        else
        {
            File.Delete(TemplateRecord.FileOf(folder)); // Others copy from it at this moment, and will find the same: it counts no more.
        }
    }

    /// <summary>Completes when nothing is being made behind.</summary>
    public Task SettleAsync() => Background()?.Task ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await SettleAsync().ConfigureAwait(false);
        _ending.Dispose(); // Not what somebody may still wait for.
    }

    private (string Commit, Task Task)? Background()
    {
        lock (_gate)
        {
            return _background;
        }
    }

    private TemplateTree? Find(string commit, bool subvolume)
    {
        string key = context.Settings.Key();
        foreach ((string folder, TemplateRecord record, _) in TemplateTree.All(context))
        {
            if (
                record.Kind == TemplateKind.Template
                && record.Commit == commit
                && record.Key == key
                && (!subvolume || record.Generation is not null)
                && TemplateTree.TryOpen(context, folder, record, alone: false) is { } tree
            )
            {
                tree.Touch();
                return tree;
            }
        }

        return null;
    }

    private bool IsUnsafe(string commit)
    {
        lock (_gate)
        {
            return _unsafe.Contains(commit);
        }
    }

    private async Task TryMakeAsync(string commit, bool subvolume)
    {
        try
        {
            (await BorrowAsync(commit, subvolume, make: true, _ending.Token).ConfigureAwait(false))?.Dispose();
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or IsolationException or OperationCanceledException)
        {
            // No room for it, or the host ends: workspaces are checked out as before.
        }
    }

    private async Task MakeAsync(string commit, bool subvolume, CancellationToken cancellationToken)
    {
        if (await context.Settings.FiltersAsync(commit, cancellationToken).ConfigureAwait(false))
        {
            MarkUnsafe(commit); // Found out before a filter fetched all its files from elsewhere, for a tree that is thrown away then.
            return;
        }

        using TemplateTree tree = TemplateTree.Begin(context);
        try
        {
            await tree.WriteAsync(commit, subvolume, cancellationToken).ConfigureAwait(false);
            CheckSupported(tree, commit);
        }
        catch
        {
            tree.Discard();
            throw;
        }

        Evict();
    }

    /// <returns>Whether one is at the commit now.</returns>
    private async Task<bool> MoveNearestAsync(string commit, bool subvolume, CancellationToken cancellationToken)
    {
        string key = context.Settings.Key();
        (string folder, TemplateRecord record, _) = TemplateTree
            .All(context)
            .Where(t =>
                t.Record.Kind == TemplateKind.Template
                && t.Record.Key == key
                && (!subvolume || t.Record.Generation is not null)
            )
            .OrderByDescending(t => t.Used)
            .FirstOrDefault();
        if (
            folder is null
            || !await IsNearAsync(folder, record.Commit, commit, cancellationToken).ConfigureAwait(false)
            || TemplateTree.TryOpen(context, folder, record, alone: true) is not { } tree
        )
        {
            return false;
        }

        using (tree)
        {
            try
            {
                await tree.MoveAsync(commit, cancellationToken).ConfigureAwait(false);
                CheckSupported(tree, commit);
                return true;
            }
            catch (Exception e) when (e is IsolationException or IOException)
            {
                tree.Discard(); // Somebody altered what would be written.
                return false;
            }
            catch
            {
                tree.Discard();
                throw;
            }
        }
    }

    private async Task<bool> IsNearAsync(string folder, string from, string to, CancellationToken cancellationToken)
    {
        byte[] head = new byte[12];
        try
        {
            using FileStream index = new(
                Path.Combine(folder, "index"),
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            );
            await index.ReadExactlyAsync(head, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return false; // Another host threw it away this moment.
        }

        GitResult differ = await context
            .Repository.TryRunAsync(cancellationToken, "diff-tree", "-r", "--name-only", "--no-renames", "-z", from, to)
            .ConfigureAwait(false);

        // Where other attributes hold, files that do not differ may look another way, and other filters may run.
        return differ.Ok
            && differ.Fields.Count * MovedFraction <= BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(8))
            && !differ.Fields.Any(f => GitAttributes.IsAttributesFile(Encoding.UTF8.GetBytes(f)));
    }

    private void CheckSupported(TemplateTree tree, string commit)
    {
        if (context.Settings.UnsupportedReason(tree.Index!, tree.Files) is not null)
        {
            MarkUnsafe(commit);
            tree.Discard();
        }
    }

    private void MarkUnsafe(string commit)
    {
        lock (_gate)
        {
            _unsafe.Add(commit);
        }
    }

    private void Evict()
    {
        foreach (
            (string folder, TemplateRecord record, _) in TemplateTree
                .All(context)
                .Where(t => t.Record.Kind == TemplateKind.Template)
                .OrderByDescending(t => t.Used)
                .Skip(most)
                .ToArray()
        )
        {
            using TemplateTree? old = TemplateTree.TryOpen(context, folder, record, alone: true);
            old?.Discard();
        }
    }
}
