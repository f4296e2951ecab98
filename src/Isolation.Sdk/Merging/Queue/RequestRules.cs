using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

internal static class RequestRules
{
    public static void Check(MergeRequest request)
    {
        if (
            !MergeTreeOutput.IsObjectId(request.Capture.Commit)
            || !MergeTreeOutput.IsObjectId(request.Capture.BaseCommit)
        )
        {
            throw Bad(
                request,
                $"'{request.Capture.Commit}' on '{request.Capture.BaseCommit}' are not full commit ids.",
                "Give the ids of the capture: names move."
            );
        }

        if (string.IsNullOrEmpty(request.Attempt.Item) || request.Attempt.Number < 1)
        {
            throw Bad(
                request,
                "It has no item, or no number from 1 on.",
                "Give the attempt that the work was made in."
            );
        }

        if (request.Branch is { } branch && !RefNames.IsBranch(branch))
        {
            throw Bad(
                request,
                "Its branch has a name that git does not allow.",
                "Give the short name of the branch the attempt worked on."
            );
        }

        if (request.DependsOn.Contains(request.Attempt))
        {
            throw Bad(request, "It waits for itself.", "Take it out of its own DependsOn list.");
        }
    }

    public static void CheckOrder(MergeRequest request, QueueState state)
    {
        if (state.IsCycle(request.Attempt, request.DependsOn))
        {
            throw Bad(
                request,
                "What it waits for waits for it.",
                "Take one of them out of the other's DependsOn list."
            );
        }
    }

    public static QueueItem Apply(QueueItem item, MergeCommand command) =>
        command switch
        {
            MergeCommand.Approve approve when approve.Commit != item.Head => throw new IsolationException(
                MergingCodes.OtherCommit,
                $"{item.Attempt} is {item.Head}; the approval is for {approve.Commit}.",
                "Look at the commit that was submitted, and approve its full id."
            )
            {
                Attempt = item.Attempt,
                Stage = Stage.Merge,
            },
            MergeCommand.Approve approve when item.ApprovedCommit == item.Head && item.Hold is null => item,
            MergeCommand.Approve approve => item with
            {
                ApprovedCommit = item.Head,
                ApprovedBy = approve.By,
                Hold = null,
            },
            MergeCommand.Reject reject => item with { State = MergeState.Rejected, Reason = reject.Reason },
            MergeCommand.Cancel => item with
            {
                State = MergeState.Cancelled,
                Reason = "It was taken out of the queue.",
            },
            MergeCommand.Hold hold => item with
            {
                Hold = new ItemHold(MergeHoldReason.Paused, hold.Reason),
                ApprovedCommit = null,
                ApprovedBy = null,
            },
            _ => throw new ArgumentOutOfRangeException(nameof(command)),
        };

    private static IsolationException Bad(MergeRequest request, string message, string remedy) =>
        new(MergingCodes.BadRequest, $"{request.Attempt} cannot be submitted: {message}", remedy)
        {
            Attempt = request.Attempt,
            Stage = Stage.Merge,
        };
}
