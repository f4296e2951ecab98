using Isolation.Sdk.Monitoring;

namespace Isolation.Sdk.Merging;

internal sealed class QueueMaintenance(
    QueueContext context,
    QueueStore store,
    QueueMonitor monitor,
    StatusBroadcaster statuses,
    QueueChangeFile changes
)
{
    private static readonly TimeSpan MinRetryPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxRetryPause = TimeSpan.FromMinutes(5);

    private readonly ExternalMergeDetector _outside = new(context, monitor.History);
    private readonly RemotePush _push = new(context);
    private readonly Dictionary<AttemptId, (DateTimeOffset Next, TimeSpan Pause)> _retries = [];
    private int _moves;

    public void StartSequence() => store.StartSequenceAfter(monitor.State);

    public async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, AttemptId> newest = monitor
            .State.Items.Where(i => i.State is not (MergeState.NoChange or MergeState.Cancelled or MergeState.Rejected))
            .GroupBy(i => i.Attempt.Item, i => i.Attempt)
            .ToDictionary(g => g.Key, g => g.MaxBy(a => a.Number));
        foreach (QueueItem item in monitor.State.Open.ToArray())
        {
            if (newest[item.Attempt.Item] is var newer && newer.Number > item.Attempt.Number)
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

        HashSet<AttemptId> line = [.. monitor.Line().Select(i => i.Attempt)];
        foreach (
            (QueueItem item, string commit) in await _outside
                .FindAsync(
                    monitor.State.Target!,
                    [.. monitor.State.Open.Where(i => !line.Contains(i.Attempt))],
                    cancellationToken
                )
                .ConfigureAwait(false)
        )
        {
            await StoreAsync(item, MergedOutside(item, commit), cancellationToken).ConfigureAwait(false);
        }

        if (context.Policy.Options.PushBranchesTo is { } remote)
        {
            foreach (QueueItem item in monitor.State.Open.Where(IsPushDue).ToArray())
            {
                QueueItem pushed = await _push.PushBranchAsync(item, remote, cancellationToken).ConfigureAwait(false);
                if (pushed != item)
                {
                    await StoreAsync(item, pushed, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        if (monitor.State.Pause?.Pause.BrokenTarget is { } broken && broken != monitor.State.Target)
        {
            await PauseAsync(null, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task FinishAsync(QueueItem final, CancellationToken cancellationToken)
    {
        string target = monitor.State.Target!;
        await monitor.History.FindAsync(final.Attempt, target, cancellationToken).ConfigureAwait(false);
        string? brought = final.IsTerminal
            ? await _outside
                .TryFindAsync(final, target, maybeAncestor: final.State == MergeState.NoChange, cancellationToken)
                .ConfigureAwait(false)
            : null;
        await StoreAsync(
                final,
                brought is null ? final : MergedOutside(final with { Conflict = null }, brought),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    public Task HoldAsync(QueueItem item, string why, CancellationToken cancellationToken) =>
        StoreAsync(
            item,
            item with
            {
                Hold = new ItemHold(MergeHoldReason.Infra, $"{why} Approve it again to retry."),
            },
            cancellationToken
        );

    public async Task ApplyAsync(QueueItem item, Judgement judgement, CancellationToken cancellationToken)
    {
        if (judgement.Item is not { } changed)
        {
            await PauseAsync(judgement.Pause, cancellationToken).ConfigureAwait(false);
            return;
        }

        context.Faults.OnStep(QueueStep.BeforeEviction);
        await StoreAsync(item, changed, cancellationToken).ConfigureAwait(false);
        context.Faults.OnStep(QueueStep.AfterEviction);
    }

    public async Task ApplyAsync(QueueItem first, LandingResult result, CancellationToken cancellationToken)
    {
        switch (result)
        {
            case LandingResult.Refused refused:
                await HoldAsync(first, refused.Reason, cancellationToken).ConfigureAwait(false);
                break;
            case LandingResult.Blocked blocked:
                // It is nobody's fault and in everybody's way: whoever mended it resumes the queue.
                QueuePause pause = new(MergeHoldReason.Infra, $"{blocked.Reason} Resume the queue to try again.");
                await PauseAsync(pause, cancellationToken).ConfigureAwait(false);
                break;
            case LandingResult.Moved when ++_moves >= QueueContext.MaxTargetMoves:
                _moves = 0;
                string why = $"the target moved {QueueContext.MaxTargetMoves} times while it was about to be landed.";
                await HoldAsync(first, why, cancellationToken).ConfigureAwait(false);
                break;
            default:
                await monitor.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);
                break;
        }
    }

    public void PublishLanding(MergeState state, IReadOnlyList<Candidate> candidates, GateResult? pass)
    {
        foreach (Candidate candidate in candidates)
        {
            statuses.Publish(
                new MergeStatus(candidate.Item.Attempt, state)
                {
                    LandedCommit = candidate.Commit,
                    Gate = pass,
                    Coupled = candidate.Coupled,
                    Undoes = candidate.Undoes,
                    Reason = candidate.Notice,
                    With = [.. candidates.Where(c => c != candidate).Select(c => c.Item.Attempt)],
                }
            );
        }
    }

    public void FinishLanding(IReadOnlyList<Candidate> candidates, GateResult? pass)
    {
        _moves = 0;
        MergeTelemetry.Landed(context.Names.ShortTarget, candidates.Count);
        foreach (Candidate candidate in candidates)
        {
            QueueItem item = candidate.Item;
            if (item.Submitted is { } submitted)
            {
                MergeTelemetry.Waited(context.Names.ShortTarget, context.Time.GetUtcNow() - submitted);
            }

            monitor.History.Add(
                TargetCommit.Of(item.Attempt, item.Head, candidate.Commit, candidate.Parent, candidate.Files)
            );
            MergeLog.Landed(context.Logger, item.Attempt, candidate.Commit, context.Names.Target);
            if (candidate.Notice is { } notice)
            {
                MergeLog.Notice(context.Logger, item.Attempt, notice, candidate.Commit);
            }
        }

        PublishLanding(MergeState.Landed, candidates, pass);
        monitor.Apply(
            monitor.State.Landed(
                candidates.Select(c => c.Item.Attempt).ToHashSet(),
                candidates[^1].Commit,
                candidates[^1].Tree
            )
        );
        changes.Signal();
    }

    // What failed is tried again after a pause that doubles, and at once when someone approves it.
    private bool IsPushDue(QueueItem item)
    {
        if (item.Pushed is not null || item.Hold is not null)
        {
            return false;
        }

        DateTimeOffset now = context.Time.GetUtcNow();
        TimeSpan pause = MinRetryPause;
        if (
            item.PushFailure is not null
            && _retries.TryGetValue(item.Attempt, out (DateTimeOffset Next, TimeSpan Pause) last)
        )
        {
            if (now < last.Next)
            {
                return false;
            }

            pause = last.Pause * 2 < MaxRetryPause ? last.Pause * 2 : MaxRetryPause;
        }

        _retries[item.Attempt] = (now + pause, pause);
        return true;
    }

    private async Task PauseAsync(QueuePause? pause, CancellationToken cancellationToken)
    {
        await store.TryPauseAsync(monitor.State, pause, cancellationToken).ConfigureAwait(false);
        await monitor.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);
        changes.Signal();
    }

    private async Task StoreAsync(QueueItem item, QueueItem changed, CancellationToken cancellationToken)
    {
        if (await store.TryChangeAsync(item, changed, cancellationToken).ConfigureAwait(false) is { } stored)
        {
            monitor.Apply(monitor.State.With(stored));
            if (stored is { IsTerminal: true, State: not (MergeState.Landed or MergeState.NoChange) })
            {
                MergeTelemetry.Evicted(context.Names.ShortTarget, stored.State.ToString());
            }

            changes.Signal();
        }
        else
        {
            await monitor.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);
        }
    }

    private QueueItem MergedOutside(QueueItem item, string commit) =>
        item with
        {
            State = MergeState.Landed,
            LandedCommit = commit,
            Reason =
                monitor.History.Known(item.Attempt)?.Head == item.Head
                    ? "It had landed before."
                    : "It was merged outside of the queue.",
        };
}
