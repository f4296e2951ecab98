using Isolation.Sdk;
using Isolation.Sdk.Merging;
using Rig.Terminal;

namespace Rig.Commands;

/// <summary>Approves at the queue and waits for what comes of it. This process acts as the queue unless another one
/// does.</summary>
internal static class Approval
{
    public static async Task<MergeStatus> GiveAsync(
        MergeStatus held,
        string commit,
        string by,
        CancellationToken cancellationToken
    )
    {
        if (!held.IsTerminal && !held.AwaitsApproval)
        {
            throw new IsolationException(
                RigCodes.NothingToApprove,
                $"{held.Attempt} waits for its turn and not for an approval.",
                "See: rig list"
            );
        }

        if (held.IsTerminal)
        {
            return commit == held.Commit
                ? held
                : throw new IsolationException(
                    RigCodes.NothingToApprove,
                    $"{held.Attempt} is {Plain.Word(held.State)} with commit {held.Commit}; "
                        + $"{Plain.Line(commit)} is another one.",
                    "See: rig list"
                );
        }

        await using IMergeQueue queue = await MergeStrategies.Manual().OpenAsync(held.Target!, cancellationToken);
        MergeStatus status = await queue.ApproveAsync(held.Attempt, commit, by, cancellationToken);
        return status.IsTerminal || status.State == MergeState.Held
            ? status
            : await FollowAsync(queue, held, cancellationToken);
    }

    private static async Task<MergeStatus> FollowAsync(
        IMergeQueue queue,
        MergeStatus held,
        CancellationToken cancellationToken
    )
    {
        MergeStatus last = held;
        bool moved = false;
        await foreach (MergeStatus status in queue.WatchAsync(held.Attempt, cancellationToken))
        {
            // The first thing told may still be from before the approval.
            last = status;
            if (status.State == MergeState.Held && (moved || !IsOld(status, held)))
            {
                break;
            }

            moved |= status.State != MergeState.Held;
        }

        return last;
    }

    private static bool IsOld(MergeStatus status, MergeStatus held) =>
        status.Reason == held.Reason || status.Reason?.StartsWith("Approval:", StringComparison.Ordinal) == true;
}
