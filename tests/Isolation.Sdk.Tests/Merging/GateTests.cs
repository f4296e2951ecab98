using System.Text.Json;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging;

public class GateTests
{
    private static readonly AttemptId A = new("auth", 1);
    private static readonly AttemptId B = new("billing", 1);

    private static ProcessSandbox Sandbox() => new(new ProcessSandboxOptions());

    private static ValueTask<IMergeQueue> OpenAsync(QueueFixture bench, Action<MergeQueueOptions> configure) =>
        MergeStrategies.SerialQueue(configure, Sandbox()).OpenAsync(bench.Target);

    internal static bool IsRunning(string pid)
    {
        try
        {
            // A process that ended and that nobody waited for is still listed, as a zombie.
            return !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    [IsolationFact]
    public async Task What_an_outsider_sees_on_the_target_was_tested_as_exactly_that_tree()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        string start = await bench.TargetCommitAsync();
        Capture one = await bench.WorkAsync(null, ("one.txt", "1\n"));
        Capture two = await bench.WorkAsync(null, ("two.txt", "2\n"));
        using CancellationTokenSource stop = new();
        HashSet<string> seen = [];
        Task observer = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                seen.Add(await bench.TargetCommitAsync());
            }

            seen.Add(await bench.TargetCommitAsync());
        });
        MergeStatus first;
        MergeStatus second;
        await using (
            IMergeQueue queue = await OpenAsync(bench, o => o.Gates.Add("sh", "-c", "cat *.txt && echo $HOME"))
        )
        {
            await queue.SubmitAsync(new MergeRequest(A, one));
            await queue.SubmitAsync(new MergeRequest(B, two));
            first = await QueueFixture.EndAsync(queue, A);
            second = await QueueFixture.EndAsync(queue, B);
        }

        await stop.CancelAsync();
        await observer;
        Assert.Equal((MergeState.Landed, MergeState.Landed), (first.State, second.State));
        string log = Path.Combine(WorkersDirectory.Beside(bench.Common).Gates, "target.gates.jsonl");
        Dictionary<string, string> passed = [];
        foreach (string line in await File.ReadAllLinesAsync(log))
        {
            JsonElement run = JsonDocument.Parse(line).RootElement;
            Assert.Equal("Pass", run.GetProperty("verdict").GetString());
            passed[run.GetProperty("commit").GetString()!] = run.GetProperty("tree").GetString()!;
        }

        Assert.Superset(new HashSet<string> { first.LandedCommit!, second.LandedCommit! }, passed.Keys.ToHashSet());
        foreach (string commit in seen.Where(c => c != start))
        {
            Assert.Equal(passed[commit], await bench.GitAsync("rev-parse", commit + "^{tree}"));
            Assert.Contains(
                "Isolation-Tested-Tree: " + passed[commit],
                await bench.GitAsync("log", "-1", "--format=%B", commit)
            );
        }

        Assert.Equal("a\n1\n2\n", (await File.ReadAllTextAsync(second.Gate!.LogFile!))[..6]);
        Assert.Single((await bench.GitAsync("worktree", "list")).Split('\n'));
        Assert.Empty(new LeaseStore(bench.Common, bench.Target.Repository, TimeProvider.System).List());
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_red_gate_rejects_one_and_its_neighbour_lands()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        string start = await bench.TargetCommitAsync();
        Capture bad = await bench.WorkAsync(null, ("bad.txt", "x\n"));
        Capture good = await bench.WorkAsync(null, ("good.txt", "x\n"));
        await using IMergeQueue queue = await OpenAsync(bench, o =>
            o.Gates.Add("sh", "-c", "test ! -e bad.txt || exit 3")
        );

        await queue.SubmitAsync(new MergeRequest(A, bad));
        await queue.SubmitAsync(new MergeRequest(B, good));
        MergeStatus red = await QueueFixture.EndAsync(queue, A);
        MergeStatus green = await QueueFixture.EndAsync(queue, B);

        Assert.Equal((MergeState.Rejected, GateVerdict.Fail, 3), (red.State, red.Gate!.Verdict, red.Gate.ExitCode));
        Assert.Equal(MergeState.Landed, green.State);
        Assert.Equal(start, await bench.GitAsync("rev-parse", QueueFixture.TargetRef + "^1"));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_gate_that_takes_too_long_is_ended_with_everything_it_started()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        string start = await bench.TargetCommitAsync();
        string pid = Path.Combine(bench.Repository.Root, "pid");
        await using IMergeQueue queue = await OpenAsync(bench, o =>
        {
            o.Gates.Add("sh", "-c", $"setsid sleep 600 & echo $! > '{pid}'; sleep 600");
            o.GateTimeout = TimeSpan.FromSeconds(1);
        });

        await queue.SubmitAsync(new MergeRequest(A, await bench.WorkAsync(null, ("b.txt", "b\n"))));
        MergeStatus late = await QueueFixture.EndAsync(queue, A);

        Assert.Equal((MergeState.TimedOut, GateVerdict.Timeout), (late.State, late.Gate!.Verdict));
        Assert.False(IsRunning((await File.ReadAllTextAsync(pid)).Trim()));
        Assert.Equal(start, await bench.TargetCommitAsync());
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_gate_that_cannot_be_run_holds_the_item_and_an_approval_tries_again()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        string tool = Path.Combine(bench.Repository.Root, "tool");
        Capture work = await bench.WorkAsync(null, ("b.txt", "b\n"));
        await using IMergeQueue queue = await OpenAsync(bench, o => o.Gates.Add(tool));

        await queue.SubmitAsync(new MergeRequest(A, work));
        MergeStatus held = await QueueFixture.UntilAsync(queue, A, s => s.State == MergeState.Held);
        Assert.Equal(GateVerdict.Infra, held.Gate!.Verdict);
        Assert.StartsWith("Infra", held.Reason, StringComparison.Ordinal);

        File.Copy("/bin/true", tool);
        await queue.ApproveAsync(A, work.Commit, "someone");
        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(queue, A)).State);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_gate_that_is_too_quick_is_vacuous_and_not_green()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        await using IMergeQueue queue = await OpenAsync(bench, o =>
        {
            o.Gates.Add("true");
            o.Gates[0].MinimumTime = TimeSpan.FromMinutes(5);
        });

        await queue.SubmitAsync(new MergeRequest(A, await bench.WorkAsync(null, ("b.txt", "b\n"))));
        MergeStatus status = await QueueFixture.EndAsync(queue, A);

        Assert.Equal((MergeState.Rejected, GateVerdict.Vacuous), (status.State, status.Gate!.Verdict));
    }

    [IsolationFact]
    public async Task A_queue_that_tests_does_not_open_without_a_gate()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        IsolationException refused = await Assert.ThrowsAnyAsync<IsolationException>(async () =>
            await OpenAsync(bench, _ => { })
        );
        Assert.Equal(MergingCodes.NoGate, refused.Code);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task When_the_target_moves_under_the_gate_the_new_merge_is_tested_before_it_lands()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        string start = await bench.TargetCommitAsync();
        string once = Path.Combine(bench.Repository.Root, "once");
        Capture outside = await bench.WorkAsync(null, ("outside.txt", "o\n"));

        // The first run moves the target itself, as someone outside would, and then waits to be given up.
        string script =
            $"test -e '{once}' && exit 0; touch '{once}'; git --git-dir='{bench.Common}' update-ref "
            + $"refs/heads/target {outside.Commit} {start}; sleep 600";
        await using IMergeQueue queue = await OpenAsync(bench, o => o.Gates.Add("sh", "-c", script));
        await queue.SubmitAsync(new MergeRequest(A, await bench.WorkAsync(start, ("b.txt", "b\n"))));
        MergeStatus status = await QueueFixture.EndAsync(queue, A);

        Assert.Equal(MergeState.Landed, status.State);
        Assert.Equal(outside.Commit, await bench.GitAsync("rev-parse", status.LandedCommit + "^1"));
        Assert.Equal(status.Gate!.Tree, await bench.GitAsync("rev-parse", status.LandedCommit + "^{tree}"));
    }

    [IsolationFact]
    public async Task Cancelling_an_item_in_the_gate_ends_its_gate()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        string start = await bench.TargetCommitAsync();
        await using IMergeQueue queue = await OpenAsync(bench, o => o.Gates.Add("sleep", "600"));
        await queue.SubmitAsync(new MergeRequest(A, await bench.WorkAsync(null, ("b.txt", "b\n"))));
        await QueueFixture.UntilAsync(queue, A, s => s.State == MergeState.Testing);

        await queue.CancelAsync(A);

        Assert.Equal(MergeState.Cancelled, (await QueueFixture.EndAsync(queue, A)).State);
        Assert.Equal(start, await bench.TargetCommitAsync());
    }
}
