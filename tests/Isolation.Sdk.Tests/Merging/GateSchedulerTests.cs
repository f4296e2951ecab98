using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging;

public class GateSchedulerTests
{
    private static async Task<int> RunsAsync(string file) =>
        File.Exists(file) ? (await File.ReadAllLinesAsync(file)).Length : 0;

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Code_of_the_host_tests_a_candidate_in_the_gates_own_state_and_the_part_that_decided_is_named()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(("a.txt", "a\n"));
        QueueCandidate one = await bench.CandidateAsync("one", ("b.txt", "b\n"));
        List<string> seen = [];
        await using GateScheduler board = bench.Scheduler(o =>
        {
            o.Gates.Add("read", async (gate, ct) =>
            {
                ExecResult said = await gate.ExecAsync(
                    WorkerCommand.Of("sh", "-c", "cat a.txt b.txt; pwd; echo $ISOLATION_ATTEMPT"),
                    ct
                );
                seen.AddRange(said.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
                seen.Add($"{gate.Commit} {gate.Tree} {string.Join(',', gate.Attempts)} {gate.Workspace}");
                return said.ExitCode == 0 ? GateResult.Pass : GateResult.Fail("red");
            });
            o.Gates.Add("judge", (_, _) => ValueTask.FromResult(GateResult.Fail("not today")));
            o.Gates.Add("never", (_, _) => throw new InvalidOperationException());
        });

        GateResult result = await board.RunAsync(one, CancellationToken.None);

        Assert.Equal((GateVerdict.Fail, "judge", "not today"), (result.Verdict, result.Command, result.Reason));
        Assert.Equal(["a", "b", seen[2], "gate:target.1", $"{one.Commit} {one.Tree} one.1 {seen[2]}"], seen);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task An_exception_of_host_code_is_never_green_and_never_red()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(("a.txt", "a\n"));
        QueueCandidate one = await bench.CandidateAsync("one", ("b.txt", "b\n"));
        int runs = 0;
        await using GateScheduler board = bench.Scheduler(o => o.Gates.Add("broken", async (_, _) =>
            {
                await Task.Yield();
                runs++;
                throw new OperationCanceledException("Of something else.");
            }));

        GateResult result = await board.RunAsync(one, CancellationToken.None);

        Assert.Equal((GateVerdict.Infra, 2), (result.Verdict, runs));
        Assert.Contains("Of something else.", result.Reason, StringComparison.Ordinal);
        Assert.False(board.History.IsGreen(one.Tree));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Code_that_does_not_end_is_left_alone_with_its_slot()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(("a.txt", "a\n"));
        QueueCandidate one = await bench.CandidateAsync("one", ("b.txt", "b\n"));
        QueueCandidate two = await bench.CandidateAsync("two", ("c.txt", "c\n"));
        TaskCompletionSource<GateResult> never = new();
        List<string> slots = [];
        await using GateScheduler board = bench.Scheduler(o =>
        {
            o.MaxConcurrency = 1;
            o.GateTimeout = TimeSpan.FromSeconds(1);
            o.Gates.Add("stuck", (gate, _) =>
            {
                slots.Add(Path.GetFileName(gate.Workspace));
                return gate.Commit == one.Commit
                    ? new ValueTask<GateResult>(never.Task)
                    : ValueTask.FromResult(GateResult.Pass);
            });
        });

        Assert.Equal(GateVerdict.Timeout, (await board.RunAsync(one, CancellationToken.None)).Verdict);
        Assert.Equal(GateVerdict.Pass, (await board.RunAsync(two, CancellationToken.None)).Verdict);
        Assert.Equal(["slot-1", "slot-2"], slots);
        never.SetResult(GateResult.Pass);
        Assert.False(board.History.IsGreen(one.Tree));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_pass_holds_for_the_same_tree_gate_and_environment_and_for_no_other()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(("a.txt", "a\n"));
        QueueCandidate one = await bench.CandidateAsync("one", ("b.txt", "b\n"));
        string runs = Path.Combine(bench.Outside, "runs");
        string script = $"echo run >> '{runs}'";
        void Gate(MergeQueueOptions o) => o.Gates.Add("sh", "-c", script);
        await using (GateScheduler first = bench.Scheduler(Gate))
        {
            Assert.False((await first.RunAsync(one, CancellationToken.None)).Cached);
        }

        await using GateScheduler again = bench.Scheduler(Gate);
        GateResult cached = await again.RunAsync(
            one with
            {
                Commit = await bench.Queue.TargetCommitAsync(),
            },
            CancellationToken.None
        );
        Assert.Equal((GateVerdict.Pass, true, 1), (cached.Verdict, cached.Cached, await RunsAsync(runs)));

        Action<MergeQueueOptions>[] others =
        [
            o => o.Gates.Add("sh", "-c", script + " "),
            o =>
            {
                Gate(o);
                o.Gates[0].Version = "v2";
            },
            o =>
            {
                Gate(o);
                o.CachePaths.Add("obj/");
            },
        ];
        foreach (Action<MergeQueueOptions> other in others)
        {
            await using GateScheduler board = bench.Scheduler(other);
            Assert.False((await board.RunAsync(one, CancellationToken.None)).Cached);
        }

        await using GateScheduler inAnother = bench.Scheduler(
            Gate,
            new ProcessSandboxOptions { Environment = { ["MODE"] = "strict" } }
        );
        Assert.False((await inAnother.RunAsync(one, CancellationToken.None)).Cached);
        Assert.Equal(5, await RunsAsync(runs));
    }

    [IsolationFact]
    public async Task Passes_of_host_code_outlive_the_queue_only_when_the_code_names_its_version()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(("a.txt", "a\n"));
        QueueCandidate one = await bench.CandidateAsync("one", ("b.txt", "b\n"));
        foreach (string? version in new[] { null, "1" })
        {
            void Gate(MergeQueueOptions o) =>
                o.Gates.Add("code", (_, _) => ValueTask.FromResult(GateResult.Pass), version);
            await using (GateScheduler first = bench.Scheduler(Gate))
            {
                await first.RunAsync(one, CancellationToken.None);
                Assert.True(first.History.IsGreen(one.Tree));
            }

            await using GateScheduler again = bench.Scheduler(Gate);
            await again.RecoverAsync(CancellationToken.None);
            Assert.Equal(version is not null, again.History.IsGreen(one.Tree));
        }
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_line_that_no_queue_wrote_is_no_pass_and_one_that_is_cut_off_takes_no_other_with_it()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(("a.txt", "a\n"));
        QueueCandidate one = await bench.CandidateAsync("one", ("b.txt", "b\n"));
        QueueCandidate two = await bench.CandidateAsync("two", ("c.txt", "c\n"));
        await using (GateScheduler first = bench.Scheduler(o => o.Gates.Add("true")))
        {
            await first.RunAsync(one, CancellationToken.None);
        }

        string line = (await File.ReadAllTextAsync(bench.Log)).TrimEnd();
        await File.AppendAllTextAsync(
            bench.Log,
            line.Replace(one.Tree, two.Tree, StringComparison.Ordinal) + "\n\0\0garbage\n" + line[..(line.Length / 2)]
        );
        await using (GateScheduler second = bench.Scheduler(o => o.Gates.Add("true")))
        {
            await second.RecoverAsync(CancellationToken.None);
            Assert.Equal((true, false), (second.History.IsGreen(one.Tree), second.History.IsGreen(two.Tree)));
            Assert.False((await second.RunAsync(two, CancellationToken.None)).Cached);
        }

        await using GateScheduler third = bench.Scheduler(o => o.Gates.Add("true"));
        await third.RecoverAsync(CancellationToken.None);
        Assert.Equal((true, true), (third.History.IsGreen(one.Tree), third.History.IsGreen(two.Tree)));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_tree_that_was_red_and_is_green_is_a_flake_and_is_counted()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(("a.txt", "a\n"));
        QueueCandidate one = await bench.CandidateAsync("one", ("b.txt", "b\n"));
        string once = Path.Combine(bench.Outside, "once");
        void Gate(MergeQueueOptions o) => o.Gates.Add("sh", "-c", $"test -e '{once}' || {{ touch '{once}'; exit 1; }}");
        await using (GateScheduler board = bench.Scheduler(Gate))
        {
            Assert.Equal(
                (GateVerdict.Fail, false),
                (await board.RunAsync(one, CancellationToken.None) is var red ? red.Verdict : default, red.Flaky)
            );
            Assert.Equal(
                (GateVerdict.Pass, true),
                (await board.RunAsync(one, CancellationToken.None) is var green ? green.Verdict : default, green.Flaky)
            );
        }

        QueueContext context = bench.Context(Gate);
        Assert.Equal(
            [(GateVerdict.Fail, false), (GateVerdict.Pass, true)],
            new GateLog(context.Folder.Gates, context.Names).Peek().Select(l => (l.Verdict, l.Flaky))
        );
    }

    [IsolationFact]
    public async Task No_gate_or_one_that_is_too_quick_is_vacuous_and_is_never_remembered_as_a_pass()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(("a.txt", "a\n"));
        QueueCandidate one = await bench.CandidateAsync("one", ("b.txt", "b\n"));
        await using GateScheduler none = bench.Scheduler(_ => { });
        Assert.Equal(GateVerdict.Vacuous, (await none.RunAsync(one, CancellationToken.None)).Verdict);

        await using GateScheduler quick = bench.Scheduler(o =>
        {
            o.Gates.Add("code", (_, _) => ValueTask.FromResult(GateResult.Pass), "1");
            o.Gates[0].MinimumTime = TimeSpan.FromMinutes(5);
        });
        Assert.Equal(GateVerdict.Vacuous, (await quick.RunAsync(one, CancellationToken.None)).Verdict);
        Assert.False(quick.History.IsGreen(one.Tree));
    }

    [IsolationFact]
    public void Five_passes_make_a_time_limit_that_is_never_longer_than_the_hosts()
    {
        GateHistory history = new();
        TimeSpan most = TimeSpan.FromMinutes(30);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(most, history.Limit(most));
            history.Add(new GateLogLine(default, i, "t" + i, "c", GateVerdict.Pass, 40_000));
        }

        Assert.Equal(TimeSpan.FromSeconds(120), history.Limit(most));
        Assert.Equal(TimeSpan.FromSeconds(90), history.Limit(TimeSpan.FromSeconds(90)));
    }

    [IsolationFact]
    public void A_time_limit_follows_recent_passes_and_no_single_one()
    {
        GateHistory history = new();
        for (int pass = 1; pass <= 200; pass++)
        {
            int seconds =
                pass <= 100 ? 10
                : pass == 150 ? 10_000
                : 200;
            history.Add(new GateLogLine(default, pass, "t" + pass, "c", GateVerdict.Pass, seconds * 1000));
        }

        Assert.Equal(TimeSpan.FromSeconds(600), history.Limit(TimeSpan.FromHours(1)));
    }

    [IsolationFact]
    public async Task A_grown_log_is_shortened_and_keeps_its_passes()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(("a.txt", "a\n"));
        QueueContext context = bench.Context(o => o.Gates.Add("true"));
        GateLog log = new(context.Folder.Gates, context.Names);
        string padding = new('x', 4000);
        log.Append(new GateLogLine(default, 1, "passed", "c", GateVerdict.Pass, 1));
        await File.AppendAllTextAsync(bench.Log, string.Concat(Enumerable.Repeat(padding + "\n", 1200)));

        Assert.Equal("passed", Assert.Single(log.Read()).Tree);
        Assert.InRange(new FileInfo(bench.Log).Length, 1, 1000);
        Assert.Equal("passed", Assert.Single(log.Read()).Tree);
    }
}
