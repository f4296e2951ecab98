using Isolation.Sdk.Monitoring;

namespace Isolation.Sdk.Merging;

/// <summary>Keeps the items' records true: what is over is stored as over, what was merged by somebody else as landed. Somebody else's change to a record wins.</summary>
internal sealed class QueueMaintenance(QueueContext context, QueueStore store, QueueMonitor view, QueueChangeFile bell)
{
    private readonly ExternalMergeDetector _outside = new(context, view.History);
    private readonly BranchPush _push = new(context);

    /// <summary>What needs no gate and no stack to be seen.</summary>
    public async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        foreach (QueueItem item in Open())
        {
            if (Newer(item) is { } newer)
            {
                await StoreAsync(
                        item,
                        item with
                        {
                            State = MergeState.Superseded,
                            Reason = $"{newer} took its place.",
                        },
                        cancellationToken
                    )
                    .ConfigureAwait(false);
            }
        }

        HashSet<AttemptId> line = [.. view.Line().Select(i => i.Attempt)];
        foreach (
            (QueueItem item, string commit) in await _outside
                .FindAsync(view.State.Target!, [.. Open().Where(i => !line.Contains(i.Attempt))], cancellationToken)
                .ConfigureAwait(false)
        )
        {
            await StoreAsync(item, Outside(item, commit), cancellationToken).ConfigureAwait(false);
        }

        foreach (
            QueueItem item in Open()
                .Where(i => context.Policy.Options.PushBranchesTo is not null && i.Pushed is null && i.Hold is null)
        )
        {
            await StoreAsync(
                    item,
                    await _push
                        .RunAsync(item, context.Policy.Options.PushBranchesTo!, cancellationToken)
                        .ConfigureAwait(false),
                    cancellationToken
                )
                .ConfigureAwait(false);
        }

        if (view.State.Pause?.Pause.BrokenTarget is { } broken && broken != view.State.Target)
        {
            await PauseAsync(null, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stores what stacking found out about an item, unless it has landed by another way.</summary>
    public async Task FinishAsync(QueueItem over, CancellationToken cancellationToken)
    {
        string target = view.State.Target!;
        await view.History.FindAsync(over.Attempt, target, cancellationToken).ConfigureAwait(false);
        string? brought = over.IsTerminal
            ? await _outside
                .TryFindAsync(over, target, maybeAncestor: over.State == MergeState.NoChange, cancellationToken)
                .ConfigureAwait(false)
            : null;
        await StoreAsync(
                over,
                brought is null ? over : Outside(over with { Conflict = null }, brought),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    public Task HoldAsync(QueueItem item, ItemHold why, CancellationToken cancellationToken) =>
        StoreAsync(item, item with { Hold = why }, cancellationToken);

    /// <summary>Pauses the whole queue, or resumes it.</summary>
    public async Task PauseAsync(QueuePause? pause, CancellationToken cancellationToken)
    {
        await store.TryPauseAsync(view.State, pause, cancellationToken).ConfigureAwait(false);
        await view.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);
        bell.Signal();
    }

    /// <summary>Stores what became of an item.</summary>
    /// <param name="item">The item as it was read.</param>
    /// <param name="changed">The item as it shall be.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task StoreAsync(QueueItem item, QueueItem changed, CancellationToken cancellationToken)
    {
        if (await store.TryChangeAsync(item, changed, cancellationToken).ConfigureAwait(false) is { } stored)
        {
            view.Apply(view.State.With(stored));
            if (stored is { IsTerminal: true, State: not (MergeState.Landed or MergeState.NoChange) })
            {
                MergeTelemetry.Evicted(context.Names.ShortTarget, stored.State.ToString());
            }

            bell.Signal();
        }
        else
        {
            await view.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);
        }
    }

    private QueueItem[] Open() => [.. view.State.Items.Where(i => !i.IsTerminal)];

    private QueueItem Outside(QueueItem item, string commit) =>
        item with
        {
            State = MergeState.Landed,
            LandedCommit = commit,
            Reason =
                view.History.Known(item.Attempt)?.Head == item.Head
                    ? "It had landed before."
                    : "It was merged outside of the queue.",
        };

    private AttemptId? Newer(QueueItem item) =>
        view
            .State.Items.Where(i =>
                i.Attempt.Item == item.Attempt.Item
                && i.Attempt.Number > item.Attempt.Number
                && i.State is not (MergeState.NoChange or MergeState.Cancelled or MergeState.Rejected)
            )
            .Select(i => (AttemptId?)i.Attempt)
            .FirstOrDefault();
}
