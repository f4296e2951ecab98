using System.Collections.Concurrent;
using Isolation.Sdk.Git;
using Isolation.Sdk.Workspaces.Trees;

namespace Isolation.Sdk.Workspaces.Pooling;

/// <summary>The trees that wait in the workers' folder, for whichever host process comes first.</summary>
internal sealed class ParkedTrees(int most)
{
    private readonly ConcurrentDictionary<string, bool> _blind = new(StringComparer.Ordinal);
    private int _swept;

    public static int Count(TreeContext context) => All(context).Count();

    /// <summary>Takes one out that is at a commit, or brings one there; <see langword="null"/> when there is none. Whoever is in doubt about one throws it away.</summary>
    /// <param name="context">The repository.</param>
    /// <param name="key">The settings it must have been written with.</param>
    /// <param name="commit">The base.</param>
    /// <param name="cleaned">The folder of one that was cleaned this moment, and so need not be looked at.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<PreparedTree?> TakeAsync(
        TreeContext context,
        string key,
        string commit,
        string? cleaned,
        CancellationToken cancellationToken
    )
    {
        Sweep(context);
        cancellationToken.ThrowIfCancellationRequested();
        foreach (
            (string folder, TreeRecord record, _) in All(context)
                .Where(t => t.Record.Key == key)
                .OrderByDescending(t => t.Record.Commit == commit)
                .ThenByDescending(t => t.Used)
                .ToArray()
        )
        {
            if (PreparedTree.TryOpen(context, folder, record, alone: true) is not { } tree)
            {
                continue; // Another took it this moment.
            }

            bool isNew = folder == cleaned && record.Commit == commit;
            bool moved = await TryMoveAsync(tree, commit, cancellationToken).ConfigureAwait(false);
            if (moved && (isNew || IsGood(tree)))
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
    public async Task<string?> ParkAsync(
        TreeContext context,
        PreparedTree tree,
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
                _blind.GetOrAdd(context.Workers.Root, _ => MappedWrites.GoUnseen(tree.Folder))
            );
            if (
                await cleaner.RunAsync().ConfigureAwait(false) is { } stamp
                && context.Settings.Key() == key
                && Count(context) < most
            )
            {
                context.Reached(TreeStep.Cleaned);
                tree.Complete(
                    new TreeRecord(TreeKind.Parked, context.Repository.CommonDirectory, commit, key, stamp),
                    cleaner.Index
                );
                context.Reached(TreeStep.Parked);
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

    private static bool IsGood(PreparedTree tree)
    {
        try
        {
            if (tree.Index is not { } index || !TreeCleaner.HasTop(tree))
            {
                return false;
            }

            TreeScan scan = new(index, tree.Files);
            TreeFindings found = scan.Run(tree.Record!.Stamp);
            scan.SetTimes(found.Written, DateTimeOffset.FromUnixTimeSeconds(tree.Record.Stamp)); // A move leaves its traces there.
            return found.AreNone;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <returns>Whether it is at the commit; its other files are looked at afterwards.</returns>
    private static async Task<bool> TryMoveAsync(PreparedTree tree, string commit, CancellationToken cancellationToken)
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

    private static void Discard(PreparedTree tree)
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

    private static IEnumerable<(string Folder, TreeRecord Record, DateTime Used)> All(TreeContext context) =>
        PreparedTree.All(context).Where(t => t.Record.Kind == TreeKind.Parked);

    private void Sweep(TreeContext context)
    {
        if (Interlocked.Exchange(ref _swept, 1) == 0)
        {
            PreparedTree.Sweep(context);
        }
    }
}
