using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

internal static class RequestRules
{
    public static void Check(MergeRequest request)
    {
        (string commit, string start) = (request.Capture.Commit, request.Capture.BaseCommit);
        (string Message, string Remedy)? problem =
            !MergeTreeOutput.IsObjectId(commit) || !MergeTreeOutput.IsObjectId(start)
                ? ($"'{commit}' on '{start}' are not full commit ids.", "Give the ids of the capture: names move.")
            : string.IsNullOrEmpty(request.Attempt.Item) || request.Attempt.Number < 1
                ? ("It has no item, or no number from 1 on.", "Give the attempt that the work was made in.")
            : request.Branch is { } branch && !RefNames.IsBranch(branch)
                ? (
                    "Its branch has a name that git does not allow.",
                    "Give the short name of the branch the attempt worked on."
                )
            : request.DependsOn.Contains(request.Attempt)
                ? ("It waits for itself.", "Take it out of its own DependsOn list.")
            : null;
        if (problem is { } found)
        {
            throw Bad(request, found.Message, found.Remedy);
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
        : item.ApprovedCommit == item.Head && item is { Hold: null, PushFailure: null } ? item
        : item with { ApprovedCommit = item.Head, ApprovedBy = by, Hold = null, PushFailure = null };

    public static IsolationException Refuse(string code, AttemptId attempt, string message, string remedy) =>
        new(code, message, remedy) { Attempt = attempt, Stage = Stage.Merge };

    private static IsolationException Bad(MergeRequest request, string message, string remedy) =>
        Refuse(MergingCodes.BadRequest, request.Attempt, $"{request.Attempt} cannot be submitted: {message}", remedy);
}
