using Isolation.Sdk.Contexts;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Scheduling;

/// <summary>What is worth telling the next attempt of the merge that failed.</summary>
internal static class PreviousConflicts
{
    /// <summary>The conflict of the attempt before a claim; <see langword="null"/> when that ended otherwise, or in another process.</summary>
    public static PreviousConflict? Of(WorkClaim claim, RunResults ledger)
    {
        if (
            claim.Previous is not { } previous
            || ledger.MergeOf(claim.Item.Id) is not { State: MergeState.Conflicted, Conflict: { } conflict } status
            || status.Attempt != previous
            || ledger.LastOf(claim.Item.Id) is not { Commit: { } commit, BaseCommit: { } start } report
            || report.Attempt != previous
        )
        {
            return null;
        }

        return new PreviousConflict(
            previous,
            commit,
            start,
            conflict.TargetCommit,
            [.. conflict.Files.Take(PreviousConflict.MaxNamed).Select(f => f with { Versions = new Dictionary<int, string>() })]
        )
        {
            With = [.. conflict.With.Take(PreviousConflict.MaxNamed)],
            MoreFiles = Math.Max(0, conflict.Files.Count - PreviousConflict.MaxNamed),
        };
    }
}
