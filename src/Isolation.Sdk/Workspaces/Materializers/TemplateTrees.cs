using System.Text;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

// Few, each at a base that was asked for, shared with every host process that works on the repository.
internal sealed class TemplateTrees(WorkspaceContext context) : IAsyncDisposable
{
    public const int MinimumFiles = 500;

    // Beyond that another tree costs little more than moving this one, and both stay of use.
    private const int MovedFraction = 4;
    private readonly SemaphoreSlim _making = new(1);

    private readonly int _max = context.Options.MaxTemplateTrees;
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly HashSet<string> _unsafe = [];
    private (string Commit, Task Task)? _background;

    public bool CanHold(string commit) => _max > 0 && !IsUnsafe(commit) && context.Settings.UnsupportedReason() is null;

    // Held against change until it is disposed; null when none may be copied.
    public async Task<TemplateTree?> BorrowAsync(
        string commit,
        bool subvolume,
        bool make,
        CancellationToken cancellationToken
    )
    {
        if (!CanHold(commit))
        {
            return null;
        }

        if (Find(commit, subvolume) is { } there)
        {
            return there;
        }

        if (!make && Background() is { } now && now.Commit == commit)
        {
            await now.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
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

    public void MakeInBackground(string commit, bool subvolume)
    {
        lock (_gate)
        {
            if (
                _max > 0
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
            // Others copy from it at this moment, and will find the same: it counts no more.
            File.Delete(TemplateRecord.FileOf(folder));
        }
    }

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
        foreach ((string folder, TemplateRecord record, _) in All(subvolume).Where(t => t.Record.Commit == commit))
        {
            if (TemplateTree.TryOpen(context, folder, record, alone: false) is { } tree)
            {
                tree.Touch();
                return tree;
            }
        }

        return null;
    }

    private IEnumerable<(string Folder, TemplateRecord Record, DateTime Used)> All(bool subvolume)
    {
        string key = context.Settings.Key();
        return TemplateTree
            .All(context, TemplateKind.Template)
            .Where(t => t.Record.Key == key && (!subvolume || t.Record.Generation is not null));
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
            // Known before a filter fetches all its files from elsewhere, for a tree that is thrown away.
            MarkUnsafe(commit);
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

    private async Task<bool> MoveNearestAsync(string commit, bool subvolume, CancellationToken cancellationToken)
    {
        (string folder, TemplateRecord record, _) = All(subvolume).OrderByDescending(t => t.Used).FirstOrDefault();
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
        uint files;
        try
        {
            files = CheckoutMaterializer.CountEntries(Path.Combine(folder, "index"));
        }
        catch (IOException)
        {
            return false; // Another host threw it away this moment.
        }

        GitResult differ = await context
            .Repository.TryRunAsync(cancellationToken, "diff-tree", "-r", "--name-only", "--no-renames", "-z", from, to)
            .ConfigureAwait(false);

        // Where other attributes hold, files that do not differ may look another way.
        return differ.Ok
            && differ.Fields.Count * MovedFraction <= files
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
                .All(context, TemplateKind.Template)
                .OrderByDescending(t => t.Used)
                .Skip(_max)
                .ToArray()
        )
        {
            using TemplateTree? old = TemplateTree.TryOpen(context, folder, record, alone: true);
            old?.Discard();
        }
    }
}
