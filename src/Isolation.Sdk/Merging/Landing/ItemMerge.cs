using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Merging.Queueing;

namespace Isolation.Sdk.Merging.Landing;

/// <summary>Merges an item with a commit in the queue's mode: the same answer for the same question, so that a second instance can check the first.</summary>
internal sealed class ItemMerge
{
    private readonly QueueContext _context;
    private readonly GitMerge _merge;
    private readonly GitAttributes _attributes;
    private readonly Replay _replay;

    public ItemMerge(QueueContext context, string folder)
    {
        _context = context;
        _merge = new GitMerge(context.Repository, folder);
        _attributes = new GitAttributes(context.Repository, Path.Combine(folder, "attributes"));
        _replay = new Replay(context, _merge, _attributes);
    }

    private GitRepository Repository => _context.Repository;

    /// <param name="item">The item.</param>
    /// <param name="place">What it is put on.</param>
    /// <param name="start">What its own changes start from; <see langword="null"/> for what git finds.</param>
    /// <param name="files">What it changes.</param>
    /// <param name="cancellationToken">Ends the merge.</param>
    public async Task<Merged> RunAsync(
        QueueItem item,
        Place place,
        string? start,
        IReadOnlyList<string> files,
        CancellationToken cancellationToken
    )
    {
        Merged merged = await RunOnceAsync(item, place, start, files, cancellationToken).ConfigureAwait(false);
        merged =
            merged is Merged.Broken
                ? await RunOnceAsync(item, place, start, files, cancellationToken).ConfigureAwait(false)
                : merged;
        if (merged is Merged.Fits fits)
        {
            _attributes.Moved(place.Tree, fits.Tree, files);
        }

        return merged;
    }

    private Task<Merged> RunOnceAsync(
        QueueItem item,
        Place place,
        string? start,
        IReadOnlyList<string> files,
        CancellationToken cancellationToken
    ) =>
        _context.Policy.Options.Mode switch
        {
            MergeMode.FastForward => FastForward.RunAsync(_context, item, place, cancellationToken),
            MergeMode.Rebase => RebaseAsync(item, place, start, files, cancellationToken),
            _ => MergeAsync(item, place, start, cancellationToken),
        };

    private async Task<Merged> MergeAsync(
        QueueItem item,
        Place place,
        string? start,
        CancellationToken cancellationToken
    )
    {
        string attributes = await _attributes.OfAsync(place.Tree, cancellationToken).ConfigureAwait(false);
        string name = AttemptNames.File(item.Attempt);
        if (start is null)
        {
            return Merged.Of(
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
        return Merged.Of(
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

    private async Task<Merged> RebaseAsync(
        QueueItem item,
        Place place,
        string? start,
        IReadOnlyList<string> files,
        CancellationToken cancellationToken
    )
    {
        (Merged merged, bool flattened) = await _replay
            .RunAsync(item, place, start, files, cancellationToken)
            .ConfigureAwait(false);
        if (!flattened || merged is not (Merged.Fits or Merged.Nothing))
        {
            return merged;
        }

        // A merge commit may hold changes of its own, which replaying the others would silently lose.
        Merged whole = await MergeAsync(item, place, start, cancellationToken).ConfigureAwait(false);
        string tree = merged is Merged.Fits fits ? fits.Tree : place.Tree;
        return whole is Merged.Fits same && same.Tree == tree || (whole is Merged.Nothing && merged is Merged.Nothing)
                ? merged
            : whole is Merged.Broken ? whole
            : new Merged.Apart(
                "Its merge commits hold changes of their own, which a rebase would lose: rebase it by hand (SyncAsync, or 'git rebase'), and submit that.",
                []
            );
    }
}
