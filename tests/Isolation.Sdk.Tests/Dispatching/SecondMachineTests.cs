using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Stress;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Tests.Dispatching;

/// <summary>What a local worker can do, one on another machine can do too, without a broker.</summary>
public sealed class SecondMachineTests
{
    private const string Say = "say() { printf '%s\\n' \"$1\" >> \"$ISOLATION_EVENTS\"; }; ";

    [IsolationFact(Tools.Linux, Timeout = 120_000)]
    public async Task Work_words_and_commits_come_back()
    {
        await using SecondMachine machine = await SecondMachine.CreateAsync();
        List<WorkerEvent> events = [];
        await using IsolationPipeline pipeline = machine.Compose().Build();
        await using IsolationRun run = pipeline.Start([
            SecondMachine.Item(
                "a",
                Say
                    + """say '{"phase":"implement","comment":"chose v2"}'; sleep 0.5; """
                    + SecondMachine.Commit("a.txt", "from afar")
            ),
        ]);
        Task watching = Task.Run(async () =>
        {
            await foreach (WorkerEvent happened in run.WatchAsync())
            {
                lock (events)
                {
                    events.Add(happened);
                }
            }
        });

        WorkItemResult result = Assert.Single((await run.Completion).Items);
        await Task.WhenAny(watching, Task.Delay(TimeSpan.FromSeconds(5)));

        Assert.Equal((ItemOutcome.Landed, null), (result.Outcome, result.Reason));
        AttemptReport report = Assert.Single(result.Attempts);
        Assert.Equal(("node-1", null), (report.Node, report.FetchFrom));
        Assert.Equal("a.txt", Assert.Single(report.Changes).Path);
        Assert.Equal("from afar", await machine.Fixture.GitAsync("show", $"{PipelineFixture.Target}:a.txt"));
        Assert.Equal(report.Commit, await machine.Fixture.GitAsync("rev-parse", "refs/isolation/attempts/a/1"));
        lock (events)
        {
            Assert.Contains(events, e => e.Phase == "implement");
            Assert.Contains(events, e => e.Kind == WorkerEventKind.ProcessStarted);
        }

        Assert.Contains(WorkerMonitor.ReadLog(report.Log!), e => e.Phase == "implement");
        Assert.False(Directory.Exists(Path.Combine(machine.Fixture.Workers, "a.1")));
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 120_000)]
    public async Task An_inbox_is_reached_and_a_worker_that_runs_nowhere_is_not()
    {
        await using SecondMachine machine = await SecondMachine.CreateAsync();
        await using IsolationPipeline pipeline = machine.Compose().Build();
        await using IsolationRun run = pipeline.Start([
            SecondMachine.Item(
                "a",
                Say
                    + """say '{"phase":"asks"}'; while ! grep -q v2 "$ISOLATION_INBOX"; do sleep 0.05; done; """
                    + SecondMachine.Commit("a.txt", "answered")
            ),
        ]);
        await UntilAsync(pipeline, "a", s => s.Phase == "asks");

        await run.SendAsync(new AttemptId("a", 1), new WorkerMessage("answer", "use v2"));
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal((ItemOutcome.Landed, null), (result.Outcome, result.Reason));
        Assert.Equal(
            "ISO0924",
            (
                await Assert.ThrowsAsync<IsolationException>(() =>
                    run.SendAsync(new AttemptId("a", 1), new WorkerMessage("answer", "late")).AsTask()
                )
            ).Code
        );
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 120_000)]
    public async Task A_stop_is_please_first_and_is_no_reason_to_try_again()
    {
        await using SecondMachine machine = await SecondMachine.CreateAsync();
        await using IsolationPipeline pipeline = machine.Compose(o => o.MaxAttempts = 3).Build();
        await using IsolationRun run = pipeline.Start([
            SecondMachine.Item(
                "a",
                Say
                    + """trap 'say "{\"result\":\"failed\",\"reason\":\"asked to stop\"}"; exit 1' TERM; """
                    + """say '{"phase":"on"}'; while :; do sleep 0.05; done"""
            ),
        ]);
        await UntilAsync(pipeline, "a", s => s.Phase == "on");

        await run.StopAsync(new AttemptId("a", 1), TimeSpan.FromSeconds(20));
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal((ItemOutcome.Failed, "asked to stop", 1), (result.Outcome, result.Reason, result.Attempts.Count));
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 120_000)]
    public async Task A_time_limit_travels_with_the_assignment()
    {
        await using SecondMachine machine = await SecondMachine.CreateAsync();

        WorkItemResult result = Assert.Single(
            (
                await machine.RunAsync(
                    SecondMachine.Item("a", SecondMachine.Commit("a.txt", "half") + "; exec sleep 600") with
                    {
                        Timeout = TimeSpan.FromSeconds(1),
                    }
                )
            ).Items
        );

        Assert.Equal(ItemOutcome.TimedOut, result.Outcome);
        // What it had made is pinned here.
        Assert.Equal("half", await machine.Fixture.GitAsync("show", "refs/isolation/attempts/a/1:a.txt"));
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 120_000)]
    public async Task Notes_reach_the_workers_of_later_items()
    {
        await using SecondMachine machine = await SecondMachine.CreateAsync(null, "node-1", "node-2");

        IsolationSummary summary = await machine.RunAsync(
            SecondMachine.Item(
                "a",
                Say
                    + """say '{"handoff":"The client lives in src/Client.cs."}'; """
                    + SecondMachine.Commit("a.txt", "a")
            ),
            SecondMachine.Item("b", "grep -q 'src/[C]lient.cs' \"$1\" && " + SecondMachine.Commit("b.txt", "b"), "a")
        );

        Assert.Equal(2, summary.Count(ItemOutcome.Landed));
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 120_000)]
    public async Task The_next_attempt_is_told_of_the_conflict()
    {
        await using SecondMachine machine = await SecondMachine.CreateAsync();
        string started = Path.Combine(machine.Fixture.Repository.Root, "started");
        await using IsolationPipeline pipeline = machine.Compose(o => o.MaxAttempts = 2).Build();
        await using IsolationRun run = pipeline.Start([
            SecondMachine.Item(
                "early",
                $"until [ -e '{started}' ]; do sleep 0.05; done; " + SecondMachine.Commit("shared.txt", "by early")
            ),
            SecondMachine.Item(
                "late",
                $"""if [ "$ISOLATION_WORKER" = late.1 ]; then touch '{started}'; until grep -q target-advanced "$ISOLATION_INBOX"; do sleep 0.05; done; else cp "$1" told.md; fi; """
                    + SecondMachine.Commit("shared.txt", "by late")
            ),
        ]);

        WorkItemResult late = (await run.Completion).Items.Single(i => i.Attempts.Count == 2);

        Assert.Equal(ItemOutcome.Landed, late.Outcome);
        string told = await machine.Fixture.GitAsync("show", $"{PipelineFixture.Target}:told.md");
        Assert.Contains("shared.txt", told, StringComparison.Ordinal);
        Assert.Contains(late.Attempts[0].Commit!, told, StringComparison.Ordinal);
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 120_000)]
    public async Task A_suspended_item_goes_on_from_what_it_had()
    {
        await using SecondMachine machine = await SecondMachine.CreateAsync();
        InMemoryWorkTracker tracker = new([
            SecondMachine.Item(
                "a",
                Say
                    + "if [ -e half.txt ]; then "
                    + SecondMachine.Commit("whole.txt", "whole")
                    + "; else "
                    + SecondMachine.Commit("half.txt", "half")
                    + """; say '{"result":"suspended","reason":"asks a person","resumeToken":"t"}'; fi"""
            ),
        ]);
        await using IsolationPipeline pipeline = machine.Compose().UseTracker(_ => tracker).Build();
        await using (IsolationRun first = pipeline.Start())
        {
            Assert.Equal(ItemOutcome.Suspended, Assert.Single((await first.Completion).Items).Outcome);
        }

        Assert.True(await tracker.ResumeAsync("a"));
        await using IsolationRun second = pipeline.Start();
        WorkItemResult result = Assert.Single((await second.Completion).Items);

        Assert.Equal((ItemOutcome.Landed, null), (result.Outcome, result.Reason));
        Assert.Equal("half", await machine.Fixture.GitAsync("show", $"{PipelineFixture.Target}:half.txt"));
        Assert.Equal("whole", await machine.Fixture.GitAsync("show", $"{PipelineFixture.Target}:whole.txt"));
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 180_000)]
    public async Task Contamination_of_a_node_is_quarantined_and_a_long_report_arrives_whole()
    {
        await using SecondMachine machine = await SecondMachine.CreateAsync();
        // So many refs of others that the report is longer than many a broker's messages may be.
        string script =
            """base=$(git rev-parse HEAD); long=$(printf 'x%.0s' $(seq 1 150)); seq 1 6000 | sed "s|.*|create refs/replace/&-$long $base|" | git update-ref --stdin""";

        WorkItemResult result = Assert.Single((await machine.RunAsync(SecondMachine.Item("a", script))).Items);

        AttemptReport report = Assert.Single(result.Attempts);
        Assert.Equal(ItemOutcome.Quarantined, result.Outcome);
        Assert.True(report.ToJson().Length > 1024 * 1024, $"Only {report.ToJson().Length} bytes.");
        Assert.True(report.Contamination.Count >= 6_000, $"Only {report.Contamination.Count} lines.");
    }

    [IsolationTheory(Tools.Linux, Tier = Tier.Ci, Timeout = 120_000)]
    [InlineData("{}", "ISO0771")]
    [InlineData("unknown", "ISO0771")]
    [InlineData("orphan", "ISO0776")]
    public async Task A_node_that_lies_is_not_believed(string lie, string code)
    {
        await using SecondMachine machine = await SecondMachine.CreateAsync(lie);

        WorkItemResult result = Assert.Single(
            (await machine.RunAsync(SecondMachine.Item("a", SecondMachine.Commit("a.txt", "x")))).Items
        );

        Assert.Equal(ItemOutcome.Failed, result.Outcome);
        Assert.Contains(code, result.Reason, StringComparison.Ordinal);
        Assert.Equal(
            await machine.Fixture.GitAsync("rev-parse", "main"),
            await machine.Fixture.GitAsync("rev-parse", "refs/isolation/attempts/a/1")
        );
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 120_000)]
    public async Task A_node_that_dies_blames_no_item_and_keeps_what_was_made_there()
    {
        await using SecondMachine machine = await SecondMachine.CreateAsync();
        string fallen = Path.Combine(machine.Fixture.Repository.Root, "fallen");
        await using IsolationPipeline pipeline = machine.Compose(o => o.MaxAttempts = 1).Build();
        await using IsolationRun run = pipeline.Start([
            SecondMachine.Item(
                "a",
                Say
                    + $"if [ ! -e '{fallen}' ]; then touch '{fallen}'; echo half > half.txt; "
                    + """say '{"phase":"on"}'; exec sleep 600; fi; """
                    + SecondMachine.Commit("a.txt", "second")
            ),
        ]);
        await UntilAsync(pipeline, "a", s => s.Phase == "on");
        string left = Path.Combine(machine.Nodes.CloneOf("node-1") + ".workers", "a.1", "work");
        Assert.True(Directory.Exists(left));

        await machine.Nodes.KillAsync("node-1");
        await machine.Nodes.StartAsync("node-1");
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal((ItemOutcome.Landed, null), (result.Outcome, result.Reason));
        Assert.IsType<RunResult.NodeLost>(result.Attempts[0].Result);
        Assert.Equal("half\n", await File.ReadAllTextAsync(Path.Combine(left, "half.txt")));
        Assert.Equal(2, result.Attempts[1].Attempt.Number);
        Assert.Equal("second", await machine.Fixture.GitAsync("show", $"{PipelineFixture.Target}:a.txt"));
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 120_000)]
    public async Task A_late_result_is_refused()
    {
        await using SecondMachine machine = await SecondMachine.CreateAsync(null, "node-1", "node-2");
        string go = Path.Combine(machine.Fixture.Repository.Root, "go");
        await using IsolationPipeline pipeline = machine.Compose(o => o.MaxAttempts = 1).Build();
        await using IsolationRun run = pipeline.Start([
            SecondMachine.Item(
                "a",
                Say
                    + "case \"$PWD\" in */node-1.workers/*) "
                    + """say '{"phase":"on"}'; """
                    + $"until [ -e '{go}' ]; do sleep 0.05; done;; esac; "
                    + SecondMachine.Commit("a.txt", "$PWD")
            ),
            SecondMachine.Item("hold", $"until [ -e '{go}.done' ]; do sleep 0.05; done", "a"),
        ]);
        await UntilAsync(pipeline, "a", s => s.Phase == "on");

        // As a machine that hangs, and is itself again after its attempt was given up.
        await machine.Nodes.SignalAsync("node-1", "-STOP");
        await UntilAsync(pipeline, "hold", _ => true);
        await machine.Nodes.SignalAsync("node-1", "-CONT");
        await File.WriteAllTextAsync(go, "");
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        while (machine.Dispatcher!.Refused.IsEmpty)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token);
        }

        await File.WriteAllTextAsync(go + ".done", "");
        IsolationSummary summary = await run.Completion;

        Assert.All(machine.Dispatcher.Refused, e => Assert.Equal("ISO0777", e.Code));
        WorkItemResult result = summary.Items.Single(i => i.Item.Id == "a");
        Assert.Equal((ItemOutcome.Landed, 2), (result.Outcome, result.Attempts[^1].Attempt.Number));
        Assert.Equal(
            result.Attempts[^1].Commit,
            await machine.Fixture.GitAsync("rev-parse", "refs/isolation/attempts/a/2")
        );
        // The hub has what the node pushed too late; here the attempt was retired.
        Assert.NotEmpty(
            await machine.Fixture.GitAsync("--git-dir", machine.Nodes.Hub, "rev-parse", "refs/isolation/attempts/a/1")
        );
        Assert.Empty(await machine.Fixture.GitAsync("for-each-ref", "refs/isolation/attempts/a/1"));
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 180_000)]
    public async Task What_a_killed_coordinator_left_running_is_joined_by_the_next()
    {
        await using SecondMachine machine = await SecondMachine.CreateAsync();
        string started = Path.Combine(machine.Fixture.Repository.Root, "started"),
            go = Path.Combine(machine.Fixture.Repository.Root, "go");
        string script =
            $"echo begun >> '{started}'; until [ -e '{go}' ]; do sleep 0.05; done; "
            + SecondMachine.Commit("a.txt", "once");
        await using (HostProcess coordinator = HostProcess.Start())
        {
            await coordinator.SendAsync(
                new HostRequest(machine.Fixture.Repository.Path)
                {
                    Nodes = machine.Nodes.Sockets,
                    Items = [new HostItem("a") { Title = "Do a", Instructions = script }],
                }
            );
            using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
            while (!File.Exists(started))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token);
            }

            await coordinator.KillAsync();
        }

        await using IsolationPipeline pipeline = machine.Compose().Build();
        await using IsolationRun run = pipeline.Start([SecondMachine.Item("a", script)]);
        await File.WriteAllTextAsync(go, "");
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal((ItemOutcome.Landed, null), (result.Outcome, result.Reason));
        Assert.Equal(1, Assert.Single(result.Attempts).Attempt.Number);
        Assert.Single(await File.ReadAllLinesAsync(started));
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 120_000)]
    public async Task What_a_node_lacks_it_refuses()
    {
        await using SecondMachine machine = await SecondMachine.CreateAsync();

        WorkItemResult lacking = Assert.Single(
            (await machine.RunAsync(SecondMachine.Item("a", "true") with { Requires = ["gpu", "tpu"] })).Items
        );

        Assert.Equal(ItemOutcome.Failed, lacking.Outcome);
        Assert.Contains("it has no tpu", lacking.Reason, StringComparison.Ordinal);
    }

    private static async Task UntilAsync(IsolationPipeline pipeline, string item, Func<WorkerStatus, bool> holds)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        while (!pipeline.Workers.Any(w => w.Attempt.Item == item && holds(w)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token);
        }
    }
}
