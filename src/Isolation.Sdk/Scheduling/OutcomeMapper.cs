using Isolation.Sdk.Contexts;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Scheduling;

internal static class OutcomeMapper
{
    public const string RunCancelled = "The run was cancelled.";

    public static ItemOutcome FromMerge(MergeStatus status) =>
        status.State switch
        {
            MergeState.Landed => ItemOutcome.Landed,
            MergeState.NoChange => ItemOutcome.NoChange,
            MergeState.Conflicted => ItemOutcome.Conflicted,
            MergeState.Rejected => ItemOutcome.Rejected,
            MergeState.TimedOut => ItemOutcome.TimedOut,
            MergeState.Cancelled or MergeState.Superseded => ItemOutcome.Cancelled,
            _ => ItemOutcome.Failed,
        };

    public static Settlement Decide(TrackedItem claim, AttemptReport report, IsolationOptions options, bool cancelled)
    {
        if (report.Contamination.Count > 0)
        {
            string what = string.Join("; ", report.Contamination);
            return report.IsVictim
                ? Retry(
                    claim,
                    options,
                    ItemOutcome.Quarantined,
                    $"{WorkerStatus.FormatDuration(TimeSpan.FromMilliseconds(report.Cost.RunMs))} of work are "
                        + $"thrown away, since what it depends on was changed meanwhile: {what}",
                    report.Attempt
                )
                : new Settlement.Close(ItemOutcome.Quarantined, what);
        }

        ItemOutcome failure = report.TimedOut ? ItemOutcome.TimedOut : ItemOutcome.Failed;
        return report.Result switch
        {
            RunResult.Done when report.Changes.Count == 0 => new Settlement.Close(
                ItemOutcome.NoChange,
                $"It was done without changing a file. {string.Join(' ', report.Notices)}".TrimEnd()
            ),
            RunResult.Done => new Settlement.AwaitMerge(report.Attempt),
            RunResult.BlockedOn blocked => new Settlement.Block(blocked.Items),
            RunResult.Suspended suspended => new Settlement.Suspend(
                suspended.ResumeToken,
                suspended.Reason,
                report.Attempt
            ),
            RunResult.NodeLost lost => new Settlement.Retry(
                TimeSpan.Zero,
                lost.Node is null ? lost.Reason : $"{lost.Node}: {lost.Reason}",
                report.Attempt
            )
            {
                NodeLost = true,
            },
            RunResult.Failed failed when cancelled => new Settlement.Release(failed.Reason, report.Attempt),
            RunResult.Failed { Retryable: true } failed => Retry(
                claim,
                options,
                failure,
                failed.Reason,
                report.Attempt
            ),
            _ => new Settlement.Close(failure, (report.Result as RunResult.Failed)?.Reason),
        };
    }

    public static Settlement Retry(
        TrackedItem claim,
        IsolationOptions options,
        ItemOutcome outcome,
        string reason,
        AttemptId? attempt,
        PreviousConflict? conflict = null
    )
    {
        TimeSpan delay = claim.Attempts < options.MaxAttempts ? options.RetryDelayAfter(claim.Attempts) : TimeSpan.Zero;
        return new Settlement.Retry(delay, reason, attempt) { Outcome = outcome, Conflict = conflict };
    }

    public static string Name(Settlement settlement, TrackedItem? item) =>
        (settlement, item) switch
        {
            (Settlement.Release, _) => nameof(ItemOutcome.Cancelled),
            (_, null) => "Lost",
            (_, { State: TrackedState.Closed }) => item.Outcome.ToString()!,
            (Settlement.Retry, _) => "Retry",
            _ => item.State.ToString(),
        };

    public static string? Reason(Settlement settlement, TrackedItem? item) =>
        (settlement, item) switch
        {
            (_, { State: TrackedState.Closed }) => item.Reason,
            (Settlement.Close close, _) => close.Reason,
            (Settlement.Retry retry, _) => retry.Reason,
            (Settlement.Release release, _) => release.Reason,
            (Settlement.Suspend suspend, _) => suspend.Reason,
            (Settlement.Block block, _) => $"It waits for {string.Join(", ", block.Items)}.",
            _ => null,
        };

    // 'cancelled' says why the run was ended before it was done; null if it was not.
    public static (ItemOutcome Outcome, string? Reason) AtTheEnd(
        TrackedItem item,
        HashSet<string> known,
        string? cancelled
    ) =>
        item.State switch
        {
            TrackedState.Closed => (item.Outcome ?? ItemOutcome.Failed, item.Reason),
            TrackedState.AwaitingMerge => (ItemOutcome.AwaitingMerge, null),
            TrackedState.Suspended => (ItemOutcome.Suspended, item.Reason),
            _ when cancelled is not null => (ItemOutcome.Cancelled, cancelled),
            _ when item.WaitingFor.FirstOrDefault(b => !known.Contains(b)) is { } missing => (
                ItemOutcome.Skipped,
                WorkScheduler.NeverAdded(missing)
            ),
            _ => (ItemOutcome.Skipped, $"It waits for {string.Join(", ", item.WaitingFor)}."),
        };

    public static PreviousConflict? Conflict(AttemptReport? report, MergeStatus status) =>
        status is { State: MergeState.Conflicted, Conflict: { } conflict }
        && report is { Commit: { } commit, BaseCommit: { } start }
            ? new PreviousConflict(
                report.Attempt,
                commit,
                start,
                conflict.TargetCommit,
                [.. conflict.Files.Take(PreviousConflict.MaxNamed)]
            )
            {
                With = [.. conflict.With.Take(PreviousConflict.MaxNamed)],
                MoreFiles = Math.Max(0, conflict.Files.Count - PreviousConflict.MaxNamed),
            }
            : null;
}
