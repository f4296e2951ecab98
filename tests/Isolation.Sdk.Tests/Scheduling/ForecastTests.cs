using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Scheduling;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Scheduling;

/// <summary>Workers that will meet in the same files are seen before they do.</summary>
public sealed class ForecastTests
{
    [IsolationFact]
    public async Task Bad_options_of_a_forecast_are_found_by_name_when_the_pipeline_is_built()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        IsolationPipelineBuilder builder = rig.Compose()
            .Forecast(o => (o.Interval, o.MaxTrialMerges, o.MaxReorderings) = (TimeSpan.Zero, -1, 1001))
            .RunWith(PipelineFixture.WriteAndCommitAsync);

        IsolationConfigurationException refused = Assert.Throws<IsolationConfigurationException>(() => builder.Build());

        Assert.All(refused.Faults, f => Assert.Equal("ISO0904", f.Code));
        Assert.Equal(
            ["ForecastOptions.Interval", "ForecastOptions.MaxTrialMerges", "ForecastOptions.MaxReorderings"],
            refused.Faults.Select(f => f.Message.Split(' ')[0])
        );
    }

    [IsolationFact]
    public async Task Workers_that_committed_to_the_same_files_are_named_with_what_collides()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await File.WriteAllLinesAsync(
            Path.Combine(rig.Repository.Path, "long.txt"),
            Enumerable.Range(0, 40).Select(i => $"line {i}")
        );
        await rig.GitAsync("add", "-A");
        await rig.GitAsync("commit", "-q", "-m", "A long file");
        TaskCompletionSource looked = new(TaskCreationOptions.RunContinuationsAsynchronously),
            committed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        AsyncBarrier all = new(3);
        await using IsolationPipeline pipeline = rig.Compose()
            .Forecast(o => o.Interval = Timeout.InfiniteTimeSpan)
            .RunWith(
                async (worker, token) =>
                {
                    string[] lines = await File.ReadAllLinesAsync(
                        Path.Combine(worker.Workspace.Path, "long.txt"),
                        token
                    );
                    lines[worker.Item.Id == "c" ? 39 : 0] = $"by {worker.Id}";
                    await PipelineFixture.CommitAsync(worker, "long.txt", string.Join('\n', lines) + "\n", token);
                    await PipelineFixture.CommitAsync(worker, $"{worker.Item.Id}.txt", "its own\n", token);
                    await all.SignalAndWaitAsync(token);
                    committed.TrySetResult();
                    await looked.Task.WaitAsync(token);
                    return new RunResult.Failed("It is over.", Retryable: false);
                }
            )
            .Build();

        Assert.Empty(await pipeline.ForecastAsync());
        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("a"),
            PipelineFixture.Item("b"),
            PipelineFixture.Item("c"),
        ]);
        await committed.Task;
        IReadOnlyList<Overlap> found = await pipeline.ForecastAsync();
        IReadOnlyList<Overlap> again = await pipeline.ForecastAsync();
        WorkerStatus status = pipeline.Workers.Single(w => w.Item == "a");
        looked.SetResult();
        await run.Completion;

        Assert.Equal(
            ["a.1 b.1 Collides", "a.1 c.1 SameFiles", "b.1 c.1 SameFiles"],
            found.Select(o => $"{o.First} {o.Second} {o.Kind}")
        );
        Assert.All(found, o => Assert.Equal(["long.txt"], o.Paths));
        Assert.Equal(found.Select(o => (o.First, o.Second, o.Kind)), again.Select(o => (o.First, o.Second, o.Kind)));
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["b.1"] = "collides with b.1 in long.txt",
                ["c.1"] = "overlaps with c.1 in long.txt",
            },
            status.Overlaps.ToDictionary()
        );
        WorkerEvent[] told =
        [
            .. WorkerLog.Read(Path.Combine(rig.Workers, "a.1.log")).Where(e => e.Kind == WorkerEventKind.Overlap),
        ];
        Assert.Equal(["b.1", "c.1"], told.Select(e => e.Data!["with"]));
        Assert.Empty(pipeline.Workers.Single(w => w.Item == "a").Overlaps);
        Assert.Empty(await pipeline.ForecastAsync());
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_worker_is_compared_with_what_waits_in_the_queue()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        TaskCompletionSource looked = new(TaskCreationOptions.RunContinuationsAsynchronously),
            committed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using IsolationPipeline pipeline = rig.Compose()
            .Merging.UseManual()
            .Forecast(o => o.Interval = Timeout.InfiniteTimeSpan)
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "shared.txt", $"by {worker.Id}\n", token);
                    if (worker.Item.Id == "held")
                    {
                        return new RunResult.Done();
                    }

                    committed.SetResult();
                    await looked.Task.WaitAsync(token);
                    return new RunResult.Failed("It is over.", Retryable: false);
                }
            )
            .Build();

        await using (IsolationRun first = pipeline.Start([PipelineFixture.Item("held")]))
        {
            await first.Completion;
        }

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("runs")]);
        await committed.Task;
        IReadOnlyList<Overlap> found = await pipeline.ForecastAsync();
        looked.SetResult();
        await run.Completion;

        Overlap overlap = Assert.Single(found);
        Assert.Equal(
            (new AttemptId("runs", 1), new AttemptId("held", 1), OverlapKind.Collides),
            (overlap.First, overlap.Second, overlap.Kind)
        );
        Assert.Equal(["shared.txt"], overlap.Paths);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Declared_paths_are_compared_as_soon_as_both_run()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        AsyncBarrier all = new(3);
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await all.SignalAndWaitAsync(token);
                    return new RunResult.Done();
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("a") with
            {
                Paths = ["src/Login/"],
            },
            PipelineFixture.Item("b") with
            {
                Paths = ["docs/", "**/*.cs"],
            },
            PipelineFixture.Item("c") with
            {
                Paths = ["tests/"],
            },
        ]);
        await run.Completion;

        WorkerEvent told = Assert.Single(WorkerLog.Read(Path.Combine(rig.Workers, "a.1.log")), e =>
            e.Kind == WorkerEventKind.Overlap
        );
        Assert.Equal(("b.1", "Declared"), (told.Data!["with"], told.Data["kind"]));
        Assert.DoesNotContain(WorkerLog.Read(Path.Combine(rig.Workers, "c.1.log")), e =>
            e.Kind == WorkerEventKind.Overlap && e.Data!["with"] == "a.1"
        );
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData(0, "other")]
    [InlineData(8, "overlapping")]
    public async Task An_item_that_overlaps_with_one_under_way_starts_last_if_the_host_says_so(int most, string last)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        AsyncBarrier two = new(2);
        List<string> begun = [];
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxWorkers = 2)
            .Forecast(o => o.MaxReorderings = most)
            .RunWith(
                async (worker, token) =>
                {
                    lock (begun)
                    {
                        begun.Add(worker.Item.Id);
                    }

                    if (begun.Count < 3)
                    {
                        await two.SignalAndWaitAsync(token);
                    }

                    return new RunResult.Done();
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("first") with
            {
                Paths = ["src/"],
            },
            PipelineFixture.Item("overlapping") with
            {
                Paths = ["src/a.cs"],
            },
            PipelineFixture.Item("other") with
            {
                Paths = ["docs/"],
            },
        ]);
        await run.Completion;

        Assert.Equal(3, begun.Count);
        Assert.Equal(last, begun[^1]);
    }
}
