using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Monitoring;

public sealed class WorkerMonitorTests
{
    [IsolationFact]
    public async Task Workers_are_seen_from_outside_while_they_run_and_after_they_ended()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        WorkerMonitor registry = new(rig.Repository.Reference);
        WorkerStatus? during = null;
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    worker.ReportPhase("plan");
                    during = await registry.FindAsync(worker.Id, token);
                }
            )
            .Build();

        Assert.Empty(await registry.ListAsync());
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        await run.Completion;

        Assert.Equal((WorkerLiveness.Running, "plan"), (during!.Liveness, during.Phase));
        WorkerStatus after = Assert.Single(await registry.ListAsync());
        Assert.Equal(
            (new AttemptId("a", 1), WorkerLiveness.Ended, ItemOutcome.NoChange),
            (after.Attempt, after.Liveness, after.Outcome)
        );
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Work_in_a_queue_is_seen_by_who_opens_none()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using (
            IsolationPipeline pipeline = rig.Compose()
                .Merging.UseManual()
                .RunWith(PipelineFixture.WriteAndCommitAsync)
                .Build()
        )
        {
            await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
            await run.Completion;
        }

        MergeStatus held = Assert.Single(await new MergeQueueClient(rig.Repository.Reference).ReadAsync());
        Assert.Equal(
            (MergeState.Held, true, $"refs/heads/{PipelineFixture.Target}"),
            (held.State, held.AwaitsApproval, held.Target!.Ref)
        );
        Assert.Equal(["a.txt"], held.Files);
        await using (IMergeQueue queue = await MergeStrategies.Manual().OpenAsync(held.Target!))
        {
            await queue.ApproveAsync(held.Attempt, held.Commit!, "me");
            await foreach (MergeStatus status in queue.WatchAsync(held.Attempt))
            {
                Assert.False(status.IsTerminal && status.State != MergeState.Landed);
            }
        }

        MergeStatus landed = Assert.Single(await new MergeQueueClient(rig.Repository.Reference).ReadAsync());
        Assert.Equal((held.Attempt, MergeState.Landed, held.Commit), (landed.Attempt, landed.State, landed.Commit));
        Assert.Equal(await rig.GitAsync("rev-parse", PipelineFixture.Target), landed.LandedCommit);
    }

    [IsolationFact]
    public async Task Who_looks_at_a_lock_at_the_same_time_is_not_its_holder()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string path = Path.Combine(rig.Repository.Root, "some.lock");

        Assert.False(OsFileLock.IsHeld(path));
        using (OsFileLock? held = OsFileLock.TryAcquire(path))
        {
            Assert.True(OsFileLock.IsHeld(path));
        }

        using FileStream looker = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Assert.False(OsFileLock.IsHeld(path));
    }

    [IsolationFact]
    public async Task An_attempt_that_fails_before_its_report_is_not_tried_for_ever()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxAttempts = 3)
            .FetchBeforeAttempts("no-such-remote")
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal(ItemOutcome.Failed, result.Outcome);
        Assert.Contains("no-such-remote", result.Reason, StringComparison.Ordinal);
    }
}
