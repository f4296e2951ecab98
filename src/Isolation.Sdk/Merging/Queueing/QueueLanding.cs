using System.Diagnostics;
using Isolation.Sdk.Merging.Cuts;
using Isolation.Sdk.Merging.Landing;

namespace Isolation.Sdk.Merging.Queueing;

/// <summary>Brings a green prefix to the target, and tells everybody.</summary>
internal sealed class QueueLanding(
    QueueContext context,
    QueueView view,
    StatusHub hub,
    QueueBell bell,
    GateRuns runs,
    QueueCare care
)
{
    private readonly Lander _lander = new(context, view);
    private readonly CheckoutMover _checkouts = new(context);
    private int _moves;

    /// <summary>Finishes what a killed actor began: the target itself says how far it came.</summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        if (view.Snapshot.Target is not { } target)
        {
            return;
        }

        if (await _lander.RecoverAsync(view.Snapshot, cancellationToken).ConfigureAwait(false))
        {
            await view.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);
        }

        if (view.Snapshot.Items.Any(i => !i.IsTerminal))
        {
            await view
                .History.BetweenAsync(null, view.Snapshot.Target ?? target, cancellationToken)
                .ConfigureAwait(false);
            view.Publish();
        }

        await _checkouts.FinishAsync(view.Snapshot.Target ?? target, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Why nothing may land now; <see langword="null"/> when it may.</summary>
    public Task<string?> FindObstacleAsync(CancellationToken cancellationToken) =>
        view.Line().Count == 0 ? Task.FromResult<string?>(null) : _checkouts.FindObstacleAsync(cancellationToken);

    /// <summary>Lands the first links of a chain.</summary>
    /// <returns>true: there is something to look at again, whether it landed or not.</returns>
    public async Task<bool> LandAsync(Chain chain, int count, CutModel model, CancellationToken cancellationToken)
    {
        using Activity? activity = MergeTelemetry.StartLanding(context.Names.ShortTarget, count);
        string target = view.Snapshot.Target!;
        Link[] links = [.. chain.Links.Take(count)];
        foreach (Link link in links)
        {
            hub.Publish(
                new MergeStatus(link.Item.Attempt, MergeState.Landing)
                {
                    LandedCommit = link.Commit,
                    Gate = runs.PassOf(links[^1].Tree),
                    With = Others(links, link),
                }
            );
        }

        _checkouts.Begin(target);
        switch (await _lander.LandAsync(target, links, runs.IsGreen, cancellationToken).ConfigureAwait(false))
        {
            case LandOutcome.Landed landed:
                await _checkouts.FinishAsync(landed.Links[^1].Commit, CancellationToken.None).ConfigureAwait(false);
                Landed(landed.Links);
                model.Landed(count);
                context.Reached(QueueStep.AfterBookkeeping);
                return true;
            case LandOutcome.Refused refused:
                return await HoldAsync(links[0], refused.Reason, cancellationToken).ConfigureAwait(false);
            case LandOutcome.Blocked blocked:
                // It is nobody's fault and in everybody's way: whoever mended it resumes the queue.
                await care.PauseAsync(
                        new QueuePause($"{blocked.Reason} Resume the queue to try again.") { Kind = MergeHold.Infra },
                        cancellationToken
                    )
                    .ConfigureAwait(false);
                return true;
            case LandOutcome.Moved when ++_moves >= QueueContext.MostMoves:
                _moves = 0;
                return await HoldAsync(
                        links[0],
                        $"the target moved {QueueContext.MostMoves} times while it was about to be landed.",
                        cancellationToken
                    )
                    .ConfigureAwait(false);
            default:
                await view.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);
                await _checkouts
                    .FinishAsync(view.Snapshot.Target ?? target, CancellationToken.None)
                    .ConfigureAwait(false);
                return true;
        }
    }

    private async Task<bool> HoldAsync(Link first, string why, CancellationToken cancellationToken)
    {
        await care.HoldAsync(
                first.Item,
                new HoldReason(MergeHold.Infra, $"{why} Approve it again to retry."),
                cancellationToken
            )
            .ConfigureAwait(false);
        return true;
    }

    private void Landed(IReadOnlyList<Link> links)
    {
        _moves = 0;
        MergeTelemetry.Landed(context.Names.ShortTarget, links.Count);
        foreach (Link link in links)
        {
            if (link.Item.Submitted is { } submitted)
            {
                MergeTelemetry.Waited(context.Names.ShortTarget, context.Time.GetUtcNow() - submitted);
            }

            AttemptId attempt = link.Item.Attempt;
            view.History.Add(
                new TargetStep(link.Commit, link.Parent, link.Files)
                {
                    Item = LandedMessage.Name(attempt.Item),
                    Attempt = LandedMessage.Name(attempt),
                    Head = link.Item.Head,
                }
            );
            MergeLog.Landed(context.Logger, attempt, link.Commit, context.Names.Target);
            hub.Publish(
                new MergeStatus(attempt, MergeState.Landed)
                {
                    LandedCommit = link.Commit,
                    Gate = runs.PassOf(links[^1].Tree),
                    Coupled = link.Coupled,
                    With = Others(links, link),
                }
            );
        }

        view.Apply(view.Snapshot.Landed([.. links.Select(l => l.Item.Attempt)], links[^1].Commit, links[^1].Tree));
        bell.Ring();
    }

    private static AttemptId[] Others(IEnumerable<Link> links, Link link) =>
        [.. links.Where(l => l != link).Select(l => l.Item.Attempt)];
}
