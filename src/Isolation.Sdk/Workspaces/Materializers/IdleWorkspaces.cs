using System.Collections.Concurrent;
using Isolation.Sdk.Git;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

/// <summary>The trees that wait in the workers' folder, for whichever host process comes first.</summary>
internal sealed class IdleWorkspaces(int most)
{
    private readonly ConcurrentDictionary<string, bool> _unseenWrites = new(StringComparer.Ordinal);
    private int _swept;

    public static int Count(WorkspaceContext context) => All(context).Count();

    /// <summary>Takes one out that is at a commit, or brings one there; <see langword="null"/> when there is none. Whoever is in doubt about one throws it away.</summary>
    /// <param name="context">The repository.</param>
    /// <param name="key">The settings it must have been written with.</param>
    /// <param name="commit">The base.</param>
    /// <param name="cleaned">The folder of one that was cleaned this moment, and so need not be looked at.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<TemplateTree?> TakeAsync(
        WorkspaceContext context,
        string key,
        string commit,
        string? cleaned,
        CancellationToken cancellationToken
    )
    {
        Sweep(context);
        cancellationToken.ThrowIfCancellationRequested();
        foreach (
            (string folder, TemplateRecord record, _) in All(context)
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

    /// <summary>Cleans a tree and makes it one of them; what cannot be made as new, or is too much, goes.</summary>
    /// <param name="context">The repository.</param>
    /// <param name="tree">Held alone, with the files of a released workspace.</param>
    /// <param name="filled">What its files were when they were written.</param>
    /// <param name="commit">Whose files it had.</param>
    /// <param name="key">The settings it was written with.</param>
    /// <returns>Its folder; <see langword="null"/> when it went.</returns>
    public async Task<string?> ReturnAsync(
        WorkspaceContext context,
        TemplateTree tree,
        IndexFile filled,
        string commit,
        string key
    )
    {
        try
        {
            TreeCleaner cleaner = new(
                context,
                tree,
                filled,
                _unseenWrites.GetOrAdd(context.Workers.Root, _ => MappedWriteDetection.AreUnseen(tree.Folder))
            );
            if (
                await cleaner.RunAsync().ConfigureAwait(false) is { } stamp
                && context.Settings.Key() == key
                && Count(context) < most
            )
            {
                context.Faults.Reached(WorkspaceStep.Cleaned);
                tree.Complete(
                    new TemplateRecord(TemplateKind.Idle, context.Repository.CommonDirectory, commit, key, stamp),
                    cleaner.Index
                );
                context.Faults.Reached(WorkspaceStep.Idle);
                tree.Dispose();
                return tree.Folder;
            }
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or IsolationException or ArgumentException)
        {
            // Attributes that nobody here may change, no space for what was deleted, a name that is no text and so cannot be told to git, …
        }

        Discard(tree);
        return null;
    }

    private static bool IsUnchanged(TemplateTree tree)
    {
        try
        {
            if (tree.Index is not { } index || !TreeCleaner.HasTop(tree))
            {
                return false;
            }

            ITreeComparer scan = PlatformFiles.Current.Compare(index, tree.Files);
            TreeDifferences found = scan.Run(tree.Record!.Stamp);
            scan.SetTimes(found.Written, DateTimeOffset.FromUnixTimeSeconds(tree.Record.Stamp)); // A move leaves its traces there.
            return found.IsEmpty;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <returns>Whether it is at the commit; its other files are looked at afterwards.</returns>
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
            try
            {
                tree.Discard();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has no record, and the next one that looks tries again.
            }
        }
    }

    private static IEnumerable<(string Folder, TemplateRecord Record, DateTime Used)> All(WorkspaceContext context) =>
        TemplateTree.All(context).Where(t => t.Record.Kind == TemplateKind.Idle);

    private void Sweep(WorkspaceContext context)
    {
        if (Interlocked.Exchange(ref _swept, 1) == 0)
        {
            TemplateTree.Sweep(context);
        }
    }
}
