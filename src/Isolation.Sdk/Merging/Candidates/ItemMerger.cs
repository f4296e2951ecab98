using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>The same answer for the same question, so that a second instance can check the first.</summary>
internal sealed class ItemMerger
{
    private const string FastForwardFormat = "--format=%H%x1f%P%x1f%T%x1f%(trailers:only=true,unfold=true)";
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
            MergeMode.FastForward => FastForwardAsync(item, place, cancellationToken),
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

    // Nothing is made, so nothing can be added: no trailers.
    private async Task<MergeResult> FastForwardAsync(
        QueueItem item,
        MergeBase place,
        CancellationToken cancellationToken
    )
    {
        GitResult log = await Repository
            .TryRunAsync(
                cancellationToken,
                ["log", "-z", "--first-parent", FastForwardFormat, $"{place.Commit}..{item.Head}", "--"]
            )
            .ConfigureAwait(false);
        if (!log.Ok)
        {
            return new MergeResult.Failed(
                $"'git log' ended with {log.ExitCode}: {log.Error.Trim().ReplaceLineEndings(" ")}"
            );
        }

        string[][] commits = [.. log.Fields.Select(f => f.TrimStart('\n').Split('\x1f'))];
        string[] line = [.. commits.Select(c => c[0])];
        if (commits.Length == 0)
        {
            return new MergeResult.Nothing();
        }

        // The first-parent line is what tells landings apart: a commit that merged the target into itself turns it
        // around.
        if (commits[^1][1].Split(' ')[0] != place.Commit)
        {
            return new MergeResult.Incompatible(
                $"It is not a fast-forward of {_context.Names.ShortTarget}: rebase it (SyncAsync, or 'git "
                    + $"rebase'), and submit that.",
                line
            );
        }

        if (commits.Any(c => LandingMessage.Trailers(c[3]).Keys.Any(LandingMessage.IsReserved)))
        {
            return new MergeResult.Incompatible(
                "Its commits have trailers that only the queue writes: make them anew without.",
                line
            )
            {
                Forbidden = true,
            };
        }

        return commits[0][2] == place.Tree
            ? new MergeResult.Nothing()
            : new MergeResult.Clean(commits[0][2]) { Commits = [.. line.Reverse()] };
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
                "Its merge commits hold changes of their own, which a rebase would lose: rebase it by hand "
                    + "(SyncAsync, or 'git rebase'), and submit that.",
                []
            );
    }
}
