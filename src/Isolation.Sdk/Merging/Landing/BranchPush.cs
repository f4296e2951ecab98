using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>Pushes an attempt's captured commit to its branch on a remote. Never forced: a branch that is somebody else's stays theirs.</summary>
internal sealed class BranchPush(QueueContext context)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <returns>The item with the note of where it was pushed to, or held with the reason why it was not.</returns>
    public async Task<QueueItem> RunAsync(QueueItem item, string remote, CancellationToken cancellationToken)
    {
        string branch = item.Branch
            ?? string.Create(
                CultureInfo.InvariantCulture,
                $"isolation/{Slug.Of(item.Attempt.Item)}/{item.Attempt.Number}"
            );
        GitCommand push = GitCommand.In(
            context.Repository.CommonDirectory,
            "push",
            "--quiet",
            "--no-follow-tags",
            "--end-of-options",
            remote,
            $"{item.Head}:refs/heads/{branch}"
        ) with
        {
            Remote = true,
        };
        using CancellationTokenSource limit = new(Limit, context.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
            limit.Token,
            cancellationToken
        );
        try
        {
            GitResult answer = await context.Repository.Client.TryRunAsync(push, either.Token).ConfigureAwait(false);
            return answer.Ok
                ? item with
                {
                    Pushed = $"pushed to {remote} as {branch}",
                }
                : Held(item, remote, RemoteText.Line(answer.Error));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Held(item, remote, $"it took longer than {Limit}.");
        }
    }

    private static QueueItem Held(QueueItem item, string remote, string why) =>
        item with
        {
            Hold = new ItemHold(
                MergeHoldReason.Infra,
                $"the push to {remote} failed: {why} Approve it again to retry."
            ),
        };
}
