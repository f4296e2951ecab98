using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Scheduling;

public sealed class BaseTests
{
    [IsolationFact]
    public async Task A_fetch_comes_before_the_base_is_resolved()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using ThrowawayRepository origin = await ThrowawayRepository.CreateAsync();
        string news = await origin.CommitAsync("News", new Dictionary<string, string> { ["news.txt"] = "n" });
        await rig.GitAsync("remote", "add", "origin", origin.Path);
        string? startedFrom = null;
        await using IsolationPipeline pipeline = rig.Compose()
            .FetchBeforeAttempts("origin")
            .RunWith(
                (worker, _) =>
                {
                    startedFrom = worker.Workspace.BaseCommit;
                    return Task.CompletedTask;
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a") with { Base = "origin/main" }]);

        Assert.Equal(ItemOutcome.NoChange, Assert.Single((await run.Completion).Items).Outcome);
        Assert.Equal(news, startedFrom);
    }

    [IsolationFact]
    public async Task A_fetch_that_fails_is_an_error_and_never_a_stale_base()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await rig.GitAsync("remote", "add", "origin", Path.Combine(rig.Repository.Root, "not-there"));
        await using IsolationPipeline pipeline = rig.Compose()
            .FetchBeforeAttempts("origin")
            .RunWith((_, _) => throw new InvalidOperationException("must not run"))
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal(ItemOutcome.Failed, result.Outcome);
        Assert.StartsWith("ISO0210", result.Reason, StringComparison.Ordinal);
        Assert.Equal("ISO0210", result.Fault?.Code);
        Assert.Null(result.LastAttempt);
    }

    [IsolationFact]
    public async Task A_failing_setup_command_stops_the_attempt()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .Setup("git", "no-such-verb")
            .RunWith((_, _) => throw new InvalidOperationException("must not run"))
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.StartsWith("ISO0921", result.Reason, StringComparison.Ordinal);
        Assert.Equal(Stage.Setup, Assert.Single(result.Attempts).FailedIn);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Notes_reach_the_items_that_waited_and_nobody_else()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        Dictionary<string, string> briefings = [];
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxWorkers = 1)
            .RunWith(
                async (worker, token) =>
                {
                    briefings[worker.Item.Id] = worker.Context.Briefing;
                    if (worker.Item.Id == "first")
                    {
                        await worker.HandoffAsync("The port is 4711.", token);
                    }

                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("first"),
            PipelineFixture.Item("waits", "first"),
            PipelineFixture.Item("other"),
        ]);
        await run.Completion;

        Assert.Contains("The port is 4711.", briefings["waits"], StringComparison.Ordinal);
        Assert.DoesNotContain("4711", briefings["other"], StringComparison.Ordinal);
    }
}
