using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Scheduling;

public sealed class ManualMergeTests
{
    [IsolationFact(Tier = Tier.Ci)]
    public async Task Work_waits_for_an_approval_that_comes_when_the_run_is_long_over()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        WorkItemResult result;
        await using (
            IsolationPipeline pipeline = rig.Compose()
                .Merging.UseManual()
                .RunWith(PipelineFixture.WriteAndCommitAsync)
                .Build()
        )
        {
            await using IsolationRun run = pipeline.Start([
                PipelineFixture.Item("a"),
                PipelineFixture.Item("after", "a"),
            ]);
            IsolationSummary summary = await run.Completion;
            result = summary.Items.Single(i => i.Item.Id == "a");
            Assert.Equal(ItemOutcome.AwaitingMerge, result.Outcome);
            Assert.Equal(ItemOutcome.Skipped, summary.Items.Single(i => i.Item.Id == "after").Outcome);
        }

        await using IMergeQueue later = await MergeStrategies
            .Manual()
            .OpenAsync(new MergeTarget(new RepositoryRef(rig.Repository.Path), $"refs/heads/{PipelineFixture.Target}"));
        string commit = Assert.Single(result.Attempts).Commit!;
        await Assert.ThrowsAsync<IsolationException>(() =>
            later.ApproveAsync(new AttemptId("a", 1), new string('1', 40), "me").AsTask()
        );
        await later.ApproveAsync(new AttemptId("a", 1), commit, "me");
        MergeStatus last = new(default, default);
        await foreach (MergeStatus status in later.WatchAsync(new AttemptId("a", 1)))
        {
            last = status;
        }

        Assert.Equal(MergeState.Landed, last.State);
        Assert.Contains(
            "a.txt",
            await rig.GitAsync("ls-tree", "--name-only", PipelineFixture.Target),
            StringComparison.Ordinal
        );
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_red_gate_ends_the_attempt_and_the_next_one_is_told()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string? told = null;
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxAttempts = 2)
            .Merging.UseSerialQueue(o => o.Gates.Add("git", "cat-file", "-e", "HEAD:good.txt"))
            .RunWith(
                async (worker, token) =>
                {
                    bool first = worker.Id.Number == 1;
                    told = first ? null : worker.Context.Briefing;
                    await PipelineFixture.CommitAsync(worker, first ? "bad.txt" : "good.txt", "x\n", token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal(ItemOutcome.Landed, result.Outcome);
        Assert.Equal(GateVerdict.Pass, result.Merge!.Gate!.Verdict);
        Assert.Contains("git", told, StringComparison.Ordinal);
        Assert.Equal("README.md\ngood.txt", await rig.GitAsync("ls-tree", "--name-only", PipelineFixture.Target));
    }
}
