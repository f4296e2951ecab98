using Isolation.Sdk.Merging;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Scheduling;

/// <summary>From what one part says to the word another part knows.</summary>
internal static class OutcomeMapper
{
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

    public static string Name(Settlement settlement) =>
        settlement switch
        {
            Settlement.Close close => close.Outcome.ToString(),
            Settlement.Retry => "Retry",
            Settlement.AwaitMerge => nameof(ItemOutcome.AwaitingMerge),
            Settlement.Suspend => nameof(ItemOutcome.Suspended),
            _ => "Blocked",
        };

    public static string? Reason(Settlement settlement) =>
        settlement switch
        {
            Settlement.Close close => close.Reason,
            Settlement.Retry retry => retry.Reason,
            Settlement.Suspend suspend => suspend.Reason,
            Settlement.Block block => $"It waits for {string.Join(", ", block.Items)}.",
            _ => null,
        };
}
