using System.Diagnostics;
using Isolation.Sdk.Monitoring;

namespace Isolation.Sdk.Merging;

/// <summary>Brings a green prefix to the target, and tells everybody.</summary>
internal sealed class QueueLanding(
    QueueContext context,
    QueueMonitor view,
    StatusBroadcaster hub,
    QueueChangeFile bell,
    GateRuns runs,
    QueueMaintenance care
)
{
    private readonly LandingService _lander = new(context, view);
    private readonly CheckoutUpdater _checkouts = new(context);
    private int _moves;

    /// <summary>Finishes what a killed actor began: the target itself says how far it came.</summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        if (view.State.Target is not { } target)
        {
            return;
        }

        if (await _lander.RecoverAsync(view.State, cancellationToken).ConfigureAwait(false))
        {
            await view.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);
        }

        if (view.State.Items.Any(i => !i.IsTerminal))
        {
            await view.History.BetweenAsync(null, view.State.Target ?? target, cancellationToken).ConfigureAwait(false);
            view.Publish();
        }

        await _checkouts.FinishAsync(view.State.Target ?? target, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Why nothing may land now; <see langword="null"/> when it may.</summary>
    public Task<string?> FindObstacleAsync(CancellationToken cancellationToken) =>
        view.Line().Count == 0 ? Task.FromResult<string?>(null) : _checkouts.FindObstacleAsync(cancellationToken);

    /// <summary>Lands the first links of a chain.</summary>
    /// <returns>true: there is something to look at again, whether it landed or not.</returns>
    public async Task<bool> LandAsync(
        CandidateStack chain,
        int count,
        BatchSizeModel model,
        CancellationToken cancellationToken
    )
    {
        using Activity? activity = MergeTelemetry.StartLanding(context.Names.ShortTarget, count);
        string target = view.State.Target!;
        Candidate[] links = [.. chain.Links.Take(count)];
        foreach (Candidate link in links)
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
            case LandingResult.Landed landed:
                await _checkouts.FinishAsync(landed.Links[^1].Commit, CancellationToken.None).ConfigureAwait(false);
                Landed(landed.Links);
                model.RecordLanded(count);
                context.OnStep(QueueStep.AfterBookkeeping);
                return true;
            case LandingResult.Refused refused:
                return await HoldAsync(links[0], refused.Reason, cancellationToken).ConfigureAwait(false);
            case LandingResult.Blocked blocked:
                // It is nobody's fault and in everybody's way: whoever mended it resumes the queue.
                await care.PauseAsync(
                        new QueuePause(MergeHoldReason.Infra, $"{blocked.Reason} Resume the queue to try again."),
                        cancellationToken
                    )
                    .ConfigureAwait(false);
                return true;
            case LandingResult.Moved when ++_moves >= QueueContext.MaxTargetMoves:
                _moves = 0;
                return await HoldAsync(
                        links[0],
                        $"the target moved {QueueContext.MaxTargetMoves} times while it was about to be landed.",
                        cancellationToken
                    )
                    .ConfigureAwait(false);
            default:
                await view.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);
                await _checkouts.FinishAsync(view.State.Target ?? target, CancellationToken.None).ConfigureAwait(false);
                return true;
        }
    }

    private async Task<bool> HoldAsync(Candidate first, string why, CancellationToken cancellationToken)
    {
        await care.HoldAsync(
                first.Item,
                new ItemHold(MergeHoldReason.Infra, $"{why} Approve it again to retry."),
                cancellationToken
            )
            .ConfigureAwait(false);
        return true;
    }

    private void Landed(IReadOnlyList<Candidate> links)
    {
        _moves = 0;
        MergeTelemetry.Landed(context.Names.ShortTarget, links.Count);
        foreach (Candidate link in links)
        {
            if (link.Item.Submitted is { } submitted)
            {
                MergeTelemetry.Waited(context.Names.ShortTarget, context.Time.GetUtcNow() - submitted);
            }

            AttemptId attempt = link.Item.Attempt;
            view.History.Add(
                new TargetCommit(link.Commit, link.Parent, link.Files)
                {
                    Item = LandingMessage.Name(attempt.Item),
                    Attempt = LandingMessage.Name(attempt),
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

        view.Apply(view.State.Landed([.. links.Select(l => l.Item.Attempt)], links[^1].Commit, links[^1].Tree));
        bell.Signal();
    }

    private static AttemptId[] Others(IEnumerable<Candidate> links, Candidate link) =>
        [.. links.Where(l => l != link).Select(l => l.Item.Attempt)];
}
