using Isolation.Sdk.Merging.Gates;
using Isolation.Sdk.Merging.Landing;

namespace Isolation.Sdk.Merging.Queueing;

/// <summary>The one writer of a queue: takes the next item, stacks it on the target, tests the merged tree, lands it. Every step is decided from what the refs say.</summary>
internal sealed class QueueActor(QueueContext context, QueueStore store, QueueView view, StatusHub hub, QueueBell bell) : IAsyncDisposable
{
    private readonly OutsideMerges _outside = new(context, view.History);
    private readonly Stacker _stacker = new(context, view);
    private readonly Lander _lander = new(context);
    private readonly CheckoutMover _checkouts = new(context);
    private readonly BranchPush _push = new(context);
    private readonly GateBoard _gate = new(context);
    private readonly HashSet<AttemptId> _waiting = [];
    private readonly HashSet<AttemptId> _stumbled = [];

    /// <summary>What may have happened while nobody acted.</summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        store.StartSequenceAfter(view.Snapshot);
        view.Doing(null);
        if (view.Snapshot.Target is { } target && view.Snapshot.Items.Any(i => !i.IsTerminal))
        {
            await view.History.BetweenAsync(null, target, cancellationToken).ConfigureAwait(false);
            view.Publish();
        }

        if (view.Snapshot.Target is { } now)
        {
            await _checkouts.FinishAsync(now, cancellationToken).ConfigureAwait(false);
        }

        await _gate.RecoverAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Works until nothing is left that can go on.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        _waiting.Clear();
        while (view.Snapshot.Target is not null && await NextAsync(cancellationToken).ConfigureAwait(false) is { } item)
        {
            try
            {
                await ProcessAsync(item, cancellationToken).ConfigureAwait(false);
            }
            catch (IsolationException e)
            {
                MergeLog.ItemFailed(context.Logger, item.Attempt, e);
                if (_stumbled.Add(item.Attempt))
                {
                    // Once more: somebody may have held a lock for a moment.
                    await view.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                _stumbled.Remove(item.Attempt);
                await SettleAsync(item, item with { Hold = $"Infra: {e.Message} Approve it again to retry." }, cancellationToken).ConfigureAwait(false);
            }

            await view.RefreshAsync(force: false, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        view.Doing(null);
        await _gate.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<QueueItem?> NextAsync(CancellationToken cancellationToken)
    {
        foreach (QueueItem item in view.Snapshot.Items.Where(i => !i.IsTerminal).ToArray())
        {
            if (Newer(item) is { } newer)
            {
                await SettleAsync(item, item with { State = MergeState.Superseded, Reason = $"{newer} took its place." }, cancellationToken).ConfigureAwait(false);
            }
        }

        foreach ((QueueItem item, string commit) in await _outside.FindAsync(view.Snapshot.Target!, [.. view.Snapshot.Items.Where(i => !i.IsTerminal && view.WaitsFor(i) is not null)], cancellationToken).ConfigureAwait(false))
        {
            await SettleAsync(item, Outside(item, commit), cancellationToken).ConfigureAwait(false);
        }

        foreach (QueueItem item in view.Snapshot.Items.Where(i => context.Policy.Options.Remote is not null && !i.IsTerminal && i.Pushed is null && i.Hold is null).ToArray())
        {
            await SettleAsync(item, await _push.RunAsync(item, context.Policy.Options.Remote!, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }

        return view.Snapshot.Items.FirstOrDefault(i => !i.IsTerminal && !_waiting.Contains(i.Attempt) && view.WaitsFor(i) is null);
    }

    private async Task ProcessAsync(QueueItem item, CancellationToken cancellationToken)
    {
        for (int move = 0; move < QueueContext.MostMoves; move++)
        {
            if (view.Snapshot.Find(item.Attempt) is not { } now || now.IsTerminal || view.WaitsFor(now) is not null)
            {
                return;
            }

            item = now;
            if (await _checkouts.FindObstacleAsync(cancellationToken).ConfigureAwait(false) is { } obstacle)
            {
                _waiting.Add(item.Attempt);
                hub.Publish(view.StatusOf(item) with { State = MergeState.Held, Reason = obstacle });
                return;
            }

            if (await TryOnceAsync(item, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            await view.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);
        }

        _waiting.Add(item.Attempt);
        hub.Publish(view.StatusOf(item) with { Reason = $"The target moved {QueueContext.MostMoves} times while it was being landed; it stays in the queue." });
    }

    /// <returns>false: the target or the item changed under way, so look again.</returns>
    private async Task<bool> TryOnceAsync(QueueItem item, CancellationToken cancellationToken)
    {
        string target = view.Snapshot.Target!;
        bool gated = item.NeedsGate || context.Policy.NeedsGate;
        Stacking stacking = await _stacker.StackAsync(target, view.Snapshot.TargetTree!, [], item, gated, cancellationToken).ConfigureAwait(false);
        if (stacking is not Stacking.Stacked { Link: { } link })
        {
            QueueItem final = ((Stacking.Over)stacking).Item;
            await view.History.FindAsync(item.Attempt, target, cancellationToken).ConfigureAwait(false);
            if (final.IsTerminal && await _outside.TryFindAsync(item, target, maybeAncestor: final.State == MergeState.Cancelled, cancellationToken).ConfigureAwait(false) is { } brought)
            {
                final = Outside(item, brought);
            }

            await SettleAsync(item, final, cancellationToken).ConfigureAwait(false);
            return true;
        }

        GateResult? gate = gated ? await GateAsync(item, link, cancellationToken).ConfigureAwait(false) : null;
        if (gated && gate?.Verdict != GateVerdict.Pass)
        {
            if (gate is not null)
            {
                await SettleAsync(item, NotGreen(item, gate), cancellationToken).ConfigureAwait(false);
            }

            return gate is not null;
        }

        hub.Publish(view.StatusOf(item) with { State = MergeState.Landing, LandedCommit = link.Commit, Gate = gate });
        _checkouts.Begin(target);
        LandOutcome outcome = await _lander.LandAsync(target, [link], tree => gated && tree == link.Tree, cancellationToken).ConfigureAwait(false);
        if (outcome is not LandOutcome.Landed landed)
        {
            string? why = outcome is LandOutcome.Refused refused ? refused.Reason : (outcome as LandOutcome.Blocked)?.Reason;
            await (why is null ? Task.CompletedTask : SettleAsync(item, item with { Hold = $"Infra: {why} Approve it again to retry." }, cancellationToken)).ConfigureAwait(false);
            return why is not null;
        }

        await _checkouts.FinishAsync(landed.Links[^1].Commit, CancellationToken.None).ConfigureAwait(false);
        Landed(landed.Links, gate);
        return true;
    }

    /// <summary>Tests a candidate for as long as it is still the one that would land.</summary>
    /// <returns><see langword="null"/> when the target or the item changed under way.</returns>
    private async Task<GateResult?> GateAsync(QueueItem item, Link link, CancellationToken cancellationToken)
    {
        view.Doing(item);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<GateResult> run = _gate.RunAsync(new GateRun(link.Commit, link.Tree, [item.Attempt]), stop.Token);
        try
        {
            while (!run.IsCompleted)
            {
                await Task.WhenAny(run, Task.Delay(QueueContext.LookInterval, context.Time, stop.Token)).ConfigureAwait(false);
                await view.RefreshAsync(force: false, cancellationToken).ConfigureAwait(false);
                if (view.Snapshot.Target != link.Parent || view.Snapshot.Find(item.Attempt)?.Commit != item.Commit || Newer(item) is not null)
                {
                    return null;
                }
            }

            return await run.ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            view.Doing(null);
        }
    }

    private static QueueItem NotGreen(QueueItem item, GateResult gate) => gate.Verdict switch
    {
        GateVerdict.Fail => item with { State = MergeState.Rejected, Gate = gate, Reason = $"Red gate: '{gate.Command}' ended with {gate.ExitCode}." },
        GateVerdict.Timeout => item with { State = MergeState.TimedOut, Gate = gate, Reason = $"The gate took longer than allowed, in '{gate.Command}'." },
        GateVerdict.Vacuous => item with { State = MergeState.Rejected, Gate = gate, Reason = $"Vacuous gate: it tested nothing in {gate.Elapsed}." },
        _ => item with { Hold = $"Infra: the gate could not be run: {gate.Reason ?? gate.Command} Approve it again to retry.", Gate = gate },
    };

    private void Landed(IReadOnlyList<Link> links, GateResult? gate)
    {
        Link link = links[^1];
        QueueItem item = link.Item;
        view.History.Add(new TargetStep(link.Commit, link.Parent, link.Files) { Item = LandedMessage.Name(item.Attempt.Item), Attempt = LandedMessage.Name(item.Attempt), Head = item.Head });
        _stacker.Landed(links);
        MergeLog.Landed(context.Logger, item.Attempt, link.Commit, context.Names.Target);
        hub.Publish(new MergeStatus(item.Attempt, MergeState.Landed) { LandedCommit = link.Commit, Gate = gate, Coupled = link.Coupled });
        view.Apply(view.Snapshot.Landed(item.Attempt, link.Commit, link.Tree));
        _waiting.Clear();
        _stumbled.Remove(item.Attempt);
        bell.Ring();
    }

    /// <summary>Stores what became of an item; somebody else's change to it wins.</summary>
    private async Task SettleAsync(QueueItem item, QueueItem changed, CancellationToken cancellationToken)
    {
        if (await store.TryChangeAsync(item, changed, cancellationToken).ConfigureAwait(false) is { } stored)
        {
            view.Apply(view.Snapshot.With(stored));
            bell.Ring();
        }
        else
        {
            await view.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);
        }
    }

    private QueueItem Outside(QueueItem item, string commit) => item with
    {
        State = MergeState.Landed,
        LandedCommit = commit,
        Reason = view.History.Known(item.Attempt)?.Head == item.Head ? "It had landed before." : "It was merged outside of the queue.",
    };

    private AttemptId? Newer(QueueItem item) => view.Snapshot.Items
        .Where(i => i.Attempt.Item == item.Attempt.Item && i.Attempt.Number > item.Attempt.Number && i.State is not (MergeState.Cancelled or MergeState.Rejected))
        .Select(i => (AttemptId?)i.Attempt)
        .FirstOrDefault();
}
