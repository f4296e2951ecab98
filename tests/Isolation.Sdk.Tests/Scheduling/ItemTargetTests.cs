using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Scheduling;

/// <summary>An item may land on a branch of its own: it starts from there, hears of it and is merged there.</summary>
public sealed class ItemTargetTests
{
    [IsolationFact]
    public async Task Two_items_with_two_targets_land_on_their_own_branches_in_one_run()
    {
        await using PipelineFixture rig = await CreateAsync();
        Dictionary<string, string> starts = [];
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    lock (starts)
                    {
                        starts[worker.Item.Id] = worker.Workspace.BaseCommit;
                    }

                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();
        string one = await rig.GitAsync("rev-parse", "release/1"),
            two = await rig.GitAsync("rev-parse", "release/2");

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("a") with
            {
                Target = "release/1",
            },
            PipelineFixture.Item("b") with
            {
                Target = "release/2",
            },
            PipelineFixture.Item("c"),
            PipelineFixture.Item("d", "a") with
            {
                Target = "release/1",
            },
        ]);
        IsolationSummary summary = await run.Completion;

        Assert.True(summary.Count(ItemOutcome.Landed) == 4, string.Join('\n', summary.Items));
        Assert.All(summary.Items, i => Assert.Empty(i.LastAttempt!.Contamination));
        Assert.Equal((one, two), (starts["a"], starts["b"]));
        Assert.Equal(["a.txt", "d.txt", "one.txt"], await FilesAsync(rig, "release/1"));
        Assert.Equal(["b.txt", "two.txt"], await FilesAsync(rig, "release/2"));
        Assert.Equal(["c.txt"], await FilesAsync(rig, PipelineFixture.Target));
        Assert.Equal(
            ["a.1", "b.1", "c.1", "d.1"],
            (await pipeline.PlanCleanAsync()).Select(i => $"{i.Attempt}").Order()
        );
    }

    [IsolationFact]
    public async Task A_worker_hears_of_its_own_target_and_syncs_with_it()
    {
        await using PipelineFixture rig = await CreateAsync();
        AsyncBarrier begun = new(2);
        WorkerMessage? heard = null;
        SyncResult? synced = null;
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await begun.SignalAndWaitAsync(token);
                    if (worker.Item.Id == "waits")
                    {
                        heard = await worker.Inbox.ReadAsync(token);
                        synced = await worker.SyncAsync(cancellationToken: token);
                    }

                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("waits") with
            {
                Target = "release/1",
            },
            PipelineFixture.Item("lands") with
            {
                Target = "release/1",
            },
        ]);
        IsolationSummary summary = await run.Completion;

        Assert.Equal(2, summary.Count(ItemOutcome.Landed));
        Assert.Equal(("release/1", "lands.txt"), (heard!.TargetAdvanced!.Target, heard.TargetAdvanced.Paths.Single()));
        Assert.Equal(SyncOutcome.Synced, synced!.Outcome);
    }

    [IsolationFact]
    public async Task Who_lands_elsewhere_is_neither_told_of_a_target_nor_in_anybodys_way()
    {
        await using PipelineFixture rig = await CreateAsync();
        TaskCompletionSource landed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool heard = true;
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    if (worker.Item.Id == "other")
                    {
                        await landed.Task.WaitAsync(token);
                        await Task.Delay(TimeSpan.FromSeconds(1.5), token);
                        heard = worker.Inbox.TryRead(out _);
                    }

                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("other") with
            {
                Target = "release/2",
                Paths = ["same.txt"],
            },
            PipelineFixture.Item("lands") with
            {
                Target = "release/1",
                Paths = ["same.txt"],
            },
        ]);
        List<WorkerEvent> overlaps = [];
        Task watching = Task.Run(async () =>
        {
            await foreach (WorkerEvent e in run.WatchAsync())
            {
                if (e.Kind == WorkerEventKind.Overlap)
                {
                    overlaps.Add(e);
                }
            }
        });
        await foreach (WorkItemResult result in run)
        {
            landed.TrySetResult();
        }

        await watching;
        Assert.False(heard);
        Assert.Empty(overlaps);
    }

    [IsolationFact]
    public async Task An_unknown_target_is_the_result_of_its_item()
    {
        await using PipelineFixture rig = await CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxAttempts = 3)
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("lost") with
            {
                Target = "release/3",
            },
            PipelineFixture.Item("waits", "lost"),
            PipelineFixture.Item("fine"),
        ]);
        Dictionary<string, WorkItemResult> results = (await run.Completion).Items.ToDictionary(i => i.Item.Id);

        Assert.Equal(ItemOutcome.Refused, results["lost"].Outcome);
        Assert.Equal("ISO0907", results["lost"].Fault?.Code);
        Assert.Contains("release/3", results["lost"].Reason, StringComparison.Ordinal);
        Assert.Empty(results["lost"].Attempts);
        Assert.Equal(ItemOutcome.Skipped, results["waits"].Outcome);
        Assert.Equal(ItemOutcome.Landed, results["fine"].Outcome);
    }

    [IsolationFact]
    public async Task A_target_that_nothing_can_land_on_is_the_result_of_its_item()
    {
        await using PipelineFixture rig = await CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose().RunWith(PipelineFixture.WriteAndCommitAsync).Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("here") with
            {
                Target = "main",
            },
            PipelineFixture.Item("fine"),
        ]);
        Dictionary<string, WorkItemResult> results = (await run.Completion).Items.ToDictionary(i => i.Item.Id);

        Assert.Equal(ItemOutcome.Refused, results["here"].Outcome);
        Assert.Contains("checked out", results["here"].Reason, StringComparison.Ordinal);
        Assert.Equal(ItemOutcome.Landed, results["fine"].Outcome);
    }

    [IsolationFact]
    public async Task An_invalid_target_is_found_before_anything_starts_or_is_the_result_of_its_item()
    {
        await using PipelineFixture rig = await CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose().RunWith(PipelineFixture.WriteAndCommitAsync).Build();
        WorkItem bad = PipelineFixture.Item("bad") with { Target = "refs/heads/main" };

        IsolationConfigurationException fault = Assert.Throws<IsolationConfigurationException>(() =>
            pipeline.Start([bad])
        );
        await using IsolationRun run = pipeline.Start(Feed());
        Dictionary<string, WorkItemResult> results = (await run.Completion).Items.ToDictionary(i => i.Item.Id);

        Assert.Equal("ISO0709", fault.Code);
        Assert.Equal((ItemOutcome.Refused, "ISO0709"), (results["bad"].Outcome, results["bad"].Fault?.Code));
        Assert.Equal(ItemOutcome.Landed, results["fine"].Outcome);

        async IAsyncEnumerable<WorkItem> Feed()
        {
            yield return bad;
            await Task.Yield();
            yield return PipelineFixture.Item("fine");
        }
    }

    private static async Task<PipelineFixture> CreateAsync()
    {
        PipelineFixture rig = await PipelineFixture.CreateAsync();
        foreach ((string branch, string file) in new[] { ("release/1", "one.txt"), ("release/2", "two.txt") })
        {
            await rig.GitAsync("switch", "-q", "-c", branch, "main");
            await rig.Repository.CommitAsync(branch, new Dictionary<string, string> { [file] = "there\n" });
        }

        await rig.GitAsync("switch", "-q", "main");
        return rig;
    }

    private static async Task<string[]> FilesAsync(PipelineFixture rig, string branch)
    {
        string[] before = (await rig.GitAsync("ls-tree", "-r", "--name-only", "main")).Split('\n');
        string[] now = (await rig.GitAsync("ls-tree", "-r", "--name-only", branch)).Split('\n');
        return [.. now.Except(before, StringComparer.Ordinal)];
    }
}
