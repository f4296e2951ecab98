using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

internal readonly record struct MergeBase(string Commit, string Tree);

internal readonly record struct MergeTask(QueueItem Item, MergeBase Onto, string? Start, IReadOnlyList<string> Files);

internal sealed class TreeMerger(QueueContext context, string folder)
{
    private readonly GitMerge _merge = new(context.Repository, folder);
    private readonly GitAttributes _attributes = new(context.Repository, Path.Combine(folder, "attributes"));

    // Of trees if there is one for the base; otherwise of commits, whose base git finds.
    public async Task<MergeResult> RunAsync(
        QueueItem item,
        MergeBase onto,
        string theirs,
        string? baseTree,
        CancellationToken cancellationToken
    )
    {
        MergeOutcome outcome = await _merge
            .RunAsync(
                (baseTree is null ? onto.Commit : onto.Tree, context.Names.ShortTarget),
                (theirs, AttemptNames.FileName(item.Attempt)),
                await _attributes.WriteAsync(onto.Tree, cancellationToken).ConfigureAwait(false),
                cancellationToken,
                baseTree
            )
            .ConfigureAwait(false);
        return outcome switch
        {
            MergeOutcome.Clean clean when clean.Tree == onto.Tree => new MergeResult.Nothing(),
            MergeOutcome.Clean clean => new MergeResult.Clean(clean.Tree),
            MergeOutcome.Conflict conflict => new MergeResult.Conflict(conflict.Output),
            MergeOutcome.Unrelated => new MergeResult.Unrelated(),
            MergeOutcome.Broken broken => new MergeResult.Failed(broken.Reason),
            _ => throw new InvalidOperationException("Unknown outcome."),
        };
    }

    public void Advance(string from, string to, IReadOnlyList<string> files) => _attributes.Advance(from, to, files);
}
