using System.Diagnostics;
using System.Diagnostics.Metrics;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Scheduling;

public sealed class WatchingTests
{
    private const long Large = 1L << 30;

    [IsolationFact]
    public async Task The_log_of_a_worker_tells_the_same_as_the_live_status_and_outlives_it()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    worker.ReportPhase("implement");
                    await worker.ReportBlockerAsync("no coffee", token);
                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        await run.Completion;

        WorkerStatus live = Assert.Single(pipeline.Workers);
        WorkerStatus logged = WorkerLog.ReadStatus(Path.Combine(rig.Workers, "a.1.log"))!;
        Assert.Equal(
            (live.Phase, live.Branch, live.Stage, live.Outcome, live.Liveness),
            (logged.Phase, logged.Branch, logged.Stage, logged.Outcome, logged.Liveness)
        );
        Assert.Equal(
            ("implement", "isolation/a/1/work", ItemOutcome.Landed, WorkerLiveness.Ended),
            (live.Phase, live.Branch, live.Outcome, live.Liveness)
        );
        Assert.True(live is { SetupMilliseconds: > 0, Tokens: > 0, Bytes: > 0 });
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_a_worker_takes_of_the_disk_is_known_while_it_runs_and_counts_blocks()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        IsolationPipeline? pipeline = null;
        await using IsolationPipeline built = pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    while (Assert.Single(pipeline!.Workers).Bytes is null)
                    {
                        await Task.Delay(TimeSpan.FromMilliseconds(10), token);
                    }

                    await using FileStream sparse = File.Create(Path.Combine(worker.Workspace.Path, "sparse"));
                    sparse.SetLength(Large);
                    return new RunResult.Failed("so that nothing of it is captured", Retryable: false);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        IsolationSummary summary = await run.Completion;

        AttemptReport report = Assert.Single(Assert.Single(summary.Items).Attempts);
        Assert.Contains("so that nothing", Assert.IsType<RunResult.Failed>(report.Result).Reason);
        Assert.InRange(report.Cost.Bytes, 1, Large - 1);
        Assert.Equal(report.Cost.Bytes, Assert.Single(pipeline.Workers).Bytes);
    }

    [IsolationFact]
    public async Task Events_tell_the_stages_in_order()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose().RunWith(PipelineFixture.WriteAndCommitAsync).Build();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        await run.Completion;

        Stage?[] stages =
        [
            .. WorkerLog
                .Read(Path.Combine(rig.Workers, "a.1.log"))
                .Where(e => e.Kind == WorkerEventKind.Stage)
                .Select(e => e.Stage),
        ];

        Assert.Equal(
            [
                Stage.Claim,
                Stage.Workspace,
                Stage.State,
                Stage.Setup,
                Stage.Context,
                Stage.Run,
                Stage.Capture,
                Stage.Inspect,
                Stage.Release,
            ],
            stages
        );
    }

    [IsolationFact]
    public async Task A_running_worker_is_told_things_and_can_be_stopped()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        TaskCompletionSource running = new(TaskCreationOptions.RunContinuationsAsynchronously),
            heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    running.SetResult();
                    WorkerMessage message = await worker.Inbox.ReadAsync(token);
                    Assert.Equal(new WorkerMessage("nudge", "hurry"), message);
                    heard.SetResult();
                    await Task.Delay(Timeout.Infinite, worker.Stopping).ContinueWith(_ => { }, TaskScheduler.Default);
                    return new RunResult.Failed("asked to stop", Retryable: false);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        await running.Task;
        await run.SendAsync(new AttemptId("a", 1), new WorkerMessage("nudge", "hurry"));
        await heard.Task;
        await run.StopAsync(new AttemptId("a", 1), TimeSpan.FromMinutes(1));
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal((ItemOutcome.Failed, "asked to stop"), (result.Outcome, result.Reason));
        Assert.Equal(
            "ISO0924",
            (
                await Assert.ThrowsAsync<IsolationException>(() =>
                    run.StopAsync(new AttemptId("a", 1), TimeSpan.Zero).AsTask()
                )
            ).Code
        );
    }

    [IsolationFact]
    public async Task Activities_and_metrics_carry_the_attempt_and_none_of_the_hosts_baggage()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        List<string> activities = [],
            baggage = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = s => s.Name == "Isolation.Sdk",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = a =>
            {
                lock (activities)
                {
                    activities.Add(a.OperationName);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        long landed = 0;
        using MeterListener meter = new();
        meter.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "isolation.items")
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        meter.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref landed, value));
        meter.Start();
        using Activity host = new Activity("host").AddBaggage("secret", "of-the-host").Start();
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    lock (baggage)
                    {
                        baggage.AddRange(Activity.Current?.Baggage.Select(b => b.Key) ?? []);
                    }

                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        await run.Completion;

        Assert.Empty(baggage);
        Assert.Contains("isolation.attempt", activities);
        Assert.Contains("isolation.workspace", activities);
        Assert.True(Interlocked.Read(ref landed) >= 1);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_a_command_said_outlives_its_worker()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose().RunProcess("git", "log", "-1", "--format=%s").Build();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);

        string output = Assert.Single(Assert.Single((await run.Completion).Items).Attempts).Output!;

        Assert.Equal("Start\n", await File.ReadAllTextAsync(output));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_suspended_item_goes_on_in_a_later_run_too()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        Isolation.Sdk.Tracking.InMemoryWorkTracker tracker = new([PipelineFixture.Item("waits")]);
        bool found = false;
        await using IsolationPipeline pipeline = rig.Compose()
            .UseTracker(_ => tracker)
            .RunWith(
                async (worker, token) =>
                {
                    found = File.Exists(Path.Combine(worker.Workspace.Path, "half.txt"));
                    await PipelineFixture.CommitAsync(
                        worker,
                        worker.ResumeToken is null ? "half.txt" : "whole.txt",
                        "x\n",
                        token
                    );
                    return worker.ResumeToken is null
                        ? new RunResult.Suspended("needs an answer", "t")
                        : new RunResult.Done();
                }
            )
            .Build();

        await using (IsolationRun first = pipeline.Start())
        {
            Assert.Equal(ItemOutcome.Suspended, Assert.Single((await first.Completion).Items).Outcome);
        }

        Assert.True(await tracker.ResumeAsync("waits"));
        await using IsolationRun second = pipeline.Start();

        Assert.Equal(ItemOutcome.Landed, Assert.Single((await second.Completion).Items).Outcome);
        Assert.True(found);
    }

    [IsolationFact]
    public async Task A_suspended_item_costs_no_slot_and_goes_on_where_it_was()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        Isolation.Sdk.Tracking.InMemoryWorkTracker tracker = new();
        await tracker.AddAsync([PipelineFixture.Item("waits")]);
        string? token2 = null;
        bool found = false;
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxWorkers = 1)
            .UseTracker(_ => tracker)
            .RunWith(
                async (worker, token) =>
                {
                    if (worker.Item.Id == "other")
                    {
                        await PipelineFixture.WriteAndCommitAsync(worker, token);
                        await tracker.ResumeAsync("waits", token);
                        tracker.Complete();
                        return new RunResult.Done();
                    }

                    if (worker.ResumeToken is null)
                    {
                        await PipelineFixture.CommitAsync(worker, "half.txt", "half\n", token);
                        await tracker.AddAsync([PipelineFixture.Item("other")], token);
                        return new RunResult.Suspended("needs an answer", "token-7");
                    }

                    token2 = worker.ResumeToken;
                    found = File.Exists(Path.Combine(worker.Workspace.Path, "half.txt"));
                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start();
        IsolationSummary summary = await run.Completion;

        Assert.Equal(2, summary.Count(ItemOutcome.Landed));
        Assert.Equal("token-7", token2);
        Assert.True(found);
    }

    [IsolationTheory]
    [InlineData("pass word&more")]
    [InlineData("quote\"and\\slash")]
    public async Task A_secret_is_in_no_event_log_or_result_however_it_is_spelt(string secret)
    {
        string name = $"ISOLATION_TEST_SECRET_{secret.Length}";
        Environment.SetEnvironmentVariable(name, secret);
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .Sandbox.UseProcess(o => o.Secrets.Add(name))
            .RunWith(
                Task<RunResult> (IsolatedWorker worker, CancellationToken _) =>
                {
                    worker.ReportProgress(Uri.EscapeDataString(secret));
                    worker.ReportProgress(System.Text.Json.JsonEncodedText.Encode(secret).ToString());
                    throw new InvalidOperationException($"refused: {secret}");
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        string log = await File.ReadAllTextAsync(result.Attempts[0].Log!);
        Assert.All(
            new[]
            {
                secret,
                Uri.EscapeDataString(secret),
                System.Text.Json.JsonEncodedText.Encode(secret).ToString(),
                System
                    .Text.Json.JsonEncodedText.Encode(System.Text.Json.JsonEncodedText.Encode(secret).ToString())
                    .ToString(),
            },
            s => Assert.DoesNotContain(s, log, StringComparison.Ordinal)
        );
        Assert.Contains("refused: ***", result.Reason, StringComparison.Ordinal);
    }
}
