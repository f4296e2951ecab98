using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Host;

/// <summary>A seat at a queue in a process of its own. It can end itself at any named step, which the public API has no
/// way to ask for.</summary>
internal static class QueueHost
{
    public static async Task<HostAnswer> AnswerAsync(HostRequest request, QueueRequest wanted)
    {
        MergeQueueOptions options = new() { MaxConcurrency = wanted.Slots, BatchSize = wanted.Step };
        options.Gates.Add(wanted.Gate[0], [.. wanted.Gate.Skip(1)]);
        if (wanted.Remote is { } remote)
        {
            options.PushTargetTo = remote;
        }

        StepLog trail = new(wanted);
        MergeStrategy strategy = new(
            new MergePolicy(MergePreset.Refinery, options),
            new ProcessSandbox(new ProcessSandboxOptions()),
            null,
            TimeProvider.System,
            trail
        )
        {
            Faults = new FaultPoints(trail.OnStep),
        };
        trail.StartClock();
        await using IMergeQueue queue = await strategy.OpenAsync(
            new MergeTarget(new RepositoryRef(request.Repository), request.Target)
        );
        foreach (QueueWork work in wanted.Submit)
        {
            Capture capture = new(
                work.Commit,
                work.Base,
                AttemptNames.RefName(Of(work.Item)),
                [.. work.Files.Select(f => new FileChange(f, FileChangeKind.Modified, 1, 0))]
            );
            await queue.SubmitAsync(
                new MergeRequest(Of(work.Item), capture) { DependsOn = [.. work.After.Select(Of)] }
            );
            trail.Write("submitted " + work.Item);
        }

        HostResult[] ends = await Task.WhenAll(wanted.Watch.Select(i => EndAsync(queue, i)));
        if (wanted.KillAfter is not null)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
        }

        return new HostAnswer { Items = ends };
    }

    private static AttemptId Of(string item) => new(item, 1);

    private static async Task<HostResult> EndAsync(IMergeQueue queue, string item)
    {
        MergeStatus? last = null;
        await foreach (MergeStatus status in queue.WatchAsync(Of(item)))
        {
            last = status;
            if (status.Hold == MergeHoldReason.Infra)
            {
                // It would wait for a person, and the test for it.
                break;
            }
        }

        return new HostResult(item, last?.State.ToString() ?? "", last?.Reason ?? last?.LandedCommit, null, [1]);
    }
}
