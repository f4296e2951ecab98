using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>Merges an item with a commit in the queue's mode: the same answer for the same question, so that a second instance can check the first.</summary>
internal sealed class ItemMerger
{
    private readonly QueueContext _context;
    private readonly GitMerge _merge;
    private readonly GitAttributes _attributes;
    private readonly CommitReplay _replay;

    public ItemMerger(QueueContext context, string folder)
    {
        _context = context;
        _merge = new GitMerge(context.Repository, folder);
        _attributes = new GitAttributes(context.Repository, Path.Combine(folder, "attributes"));
        _replay = new CommitReplay(context, _merge, _attributes);
    }

    private GitRepository Repository => _context.Repository;

    /// <param name="item">The item.</param>
    /// <param name="place">What it is put on.</param>
    /// <param name="start">What its own changes start from; <see langword="null"/> for what git finds.</param>
    /// <param name="files">What it changes.</param>
    /// <param name="cancellationToken">Ends the merge.</param>
    public async Task<MergeResult> RunAsync(
        QueueItem item,
        MergeBase place,
        string? start,
        IReadOnlyList<string> files,
        CancellationToken cancellationToken
    )
    {
        MergeResult merged = await RunOnceAsync(item, place, start, files, cancellationToken).ConfigureAwait(false);
        merged =
            merged is MergeResult.Failed
                ? await RunOnceAsync(item, place, start, files, cancellationToken).ConfigureAwait(false)
                : merged;
        if (merged is MergeResult.Clean fits)
        {
            _attributes.Advance(place.Tree, fits.Tree, files);
        }

        return merged;
    }

    private Task<MergeResult> RunOnceAsync(
        QueueItem item,
        MergeBase place,
        string? start,
        IReadOnlyList<string> files,
        CancellationToken cancellationToken
    ) =>
        _context.Policy.Options.Mode switch
        {
            MergeMode.FastForward => FastForwardCheck.RunAsync(_context, item, place, cancellationToken),
            MergeMode.Rebase => RebaseAsync(item, place, start, files, cancellationToken),
            _ => MergeAsync(item, place, start, cancellationToken),
        };

    private async Task<MergeResult> MergeAsync(
        QueueItem item,
        MergeBase place,
        string? start,
        CancellationToken cancellationToken
    )
    {
        string attributes = await _attributes.WriteAsync(place.Tree, cancellationToken).ConfigureAwait(false);
        string name = AttemptNames.FileName(item.Attempt);
        if (start is null)
        {
            return MergeResult.Of(
                await _merge
                    .RunAsync(
                        (place.Commit, _context.Names.ShortTarget),
                        (item.Head, name),
                        attributes,
                        cancellationToken
                    )
                    .ConfigureAwait(false),
                place.Tree
            );
        }

        string[] trees = (
            await Repository
                .RunAsync(cancellationToken, "rev-parse", start + "^{tree}", item.Head + "^{tree}")
                .ConfigureAwait(false)
        ).Line.Split('\n');
        return MergeResult.Of(
            await _merge
                .RunOnBaseAsync(
                    trees[0],
                    (place.Tree, _context.Names.ShortTarget),
                    (trees[1], name),
                    attributes,
                    cancellationToken
                )
                .ConfigureAwait(false),
            place.Tree
        );
    }

    private async Task<MergeResult> RebaseAsync(
        QueueItem item,
        MergeBase place,
        string? start,
        IReadOnlyList<string> files,
        CancellationToken cancellationToken
    )
    {
        (MergeResult merged, bool flattened) = await _replay
            .RunAsync(item, place, start, files, cancellationToken)
            .ConfigureAwait(false);
        if (!flattened || merged is not (MergeResult.Clean or MergeResult.Nothing))
        {
            return merged;
        }

        // A merge commit may hold changes of its own, which replaying the others would silently lose.
        MergeResult whole = await MergeAsync(item, place, start, cancellationToken).ConfigureAwait(false);
        string tree = merged is MergeResult.Clean fits ? fits.Tree : place.Tree;
        return whole is MergeResult.Clean same && same.Tree == tree
            || (whole is MergeResult.Nothing && merged is MergeResult.Nothing)
                ? merged
            : whole is MergeResult.Failed ? whole
            : new MergeResult.Incompatible(
                "Its merge commits hold changes of their own, which a rebase would lose: rebase it by hand (SyncAsync, or 'git rebase'), and submit that.",
                []
            );
    }
}
