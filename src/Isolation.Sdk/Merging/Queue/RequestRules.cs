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

    public static QueueItem Approve(QueueItem item, string commit, string by) =>
        commit != item.Head
            ? throw Refuse(
                MergingCodes.OtherCommit,
                item.Attempt,
                $"{item.Attempt} is {item.Head}; the approval is for {commit}.",
                "Look at the commit that was submitted, and approve its full id."
            )
        : item.ApprovedCommit == item.Head && item.Hold is null ? item
        : item with { ApprovedCommit = item.Head, ApprovedBy = by, Hold = null };

    public static IsolationException Refuse(string code, AttemptId attempt, string message, string remedy) =>
        new(code, message, remedy) { Attempt = attempt, Stage = Stage.Merge };

    private static IsolationException Bad(MergeRequest request, string message, string remedy) =>
        Refuse(MergingCodes.BadRequest, request.Attempt, $"{request.Attempt} cannot be submitted: {message}", remedy);
}
