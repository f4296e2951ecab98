using Isolation.Sdk.Git;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging.Recovery;

/// <summary>What others do to the repository while work waits in a queue, by mistake or not.</summary>
public sealed class QueueBadInputTests
{
    private const int Patience = 180_000;

    [IsolationFact(Timeout = Patience)]
    public async Task Waiting_work_outlives_its_attempts_ref_and_a_pruning()
    {
        await using RefineryFixture refinery = await RefineryFixture.CreateAsync();
        Capture work = await refinery.SubmitAsync("a");
        refinery.Gate.Always("a", GateResult.Pass);

        await refinery.Fixture.GitAsync("update-ref", "-d", work.Source);
        await refinery.Fixture.GitAsync("gc", "-q", "--prune=now");
        await refinery.GoAsync();

        Assert.Equal(MergeState.Landed, (await refinery.EndAsync("a")).State);
    }

    [IsolationTheory(Timeout = Patience, DefaultRows = 1)]
    [InlineData("commit")]
    [InlineData("tree")]
    public async Task A_vanished_object_is_the_machines_fault_and_holds_nobody_else(string kind)
    {
        await using RefineryFixture refinery = await RefineryFixture.CreateAsync();
        Capture lost = await refinery.SubmitAsync("lost");
        await refinery.SubmitAsync("fine");
        refinery.Gate.Always("lost", GateResult.Pass);
        refinery.Gate.Always("fine", GateResult.Pass);
        string id = await refinery.Fixture.GitAsync(
            "rev-parse",
            kind == "commit" ? lost.Commit : lost.Commit + "^{tree}"
        );
        string file = Path.Combine(refinery.Fixture.Common, "objects", id[..2], id[2..]);
        byte[] bytes = await File.ReadAllBytesAsync(file);
        File.Delete(file);
        await refinery.GoAsync();

        MergeStatus held = await refinery.UntilAsync("lost", s =>
            s.State == MergeState.Held && s.Hold != MergeHoldReason.Paused
        );
        Assert.True(held.Hold == MergeHoldReason.Infra, held.Reason);
        MergeStatus fine = await refinery.EndAsync("fine");
        Assert.True(fine.State == MergeState.Landed, fine.Reason);

        await File.WriteAllBytesAsync(file, bytes);
        await refinery.Queue.ApproveAsync(RefineryFixture.Of("lost"), lost.Commit, "ada");
        Assert.Equal(MergeState.Landed, (await refinery.EndAsync("lost")).State);
    }

    [IsolationFact(Timeout = Patience)]
    public async Task A_commit_that_does_not_exist_is_refused_and_leaves_nothing()
    {
        await using RefineryFixture refinery = await RefineryFixture.CreateAsync();
        string missing = new('1', 40);

        await Assert.ThrowsAsync<IsolationException>(() =>
            refinery
                .Queue.SubmitAsync(
                    new MergeRequest(
                        RefineryFixture.Of("a"),
                        new Capture(missing, missing, "refs/isolation/attempts/a/1", [])
                    )
                )
                .AsTask()
        );

        Assert.Empty(await refinery.Fixture.GitAsync("for-each-ref", "refs/isolation/mq/target/items"));
    }

    [IsolationTheory(Timeout = Patience, Tier = Tier.Ci)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_target_that_was_deleted_keeps_its_queue_waiting_until_there_is_one_again(bool inTheGate)
    {
        await using RefineryFixture refinery = await RefineryFixture.CreateAsync();
        await refinery.SubmitAsync("a");
        string target = await refinery.Fixture.TargetCommitAsync();
        ControlledGateRun? run = null;
        if (inTheGate)
        {
            await refinery.GoAsync();
            run = await refinery.Gate.RunOfAsync("a");
        }

        await refinery.Fixture.GitAsync("update-ref", "-d", QueueFixture.TargetRef);
        run?.Answer(GateResult.Pass);
        refinery.Gate.Always("a", GateResult.Pass);
        MergeStatus held = await refinery.UntilAsync("a", s => s.Hold == MergeHoldReason.Policy);
        Assert.Contains("gone", held.Reason, StringComparison.Ordinal);

        await refinery.Fixture.GitAsync("update-ref", QueueFixture.TargetRef, target);
        await refinery.GoAsync();
        MergeStatus end = await refinery.EndAsync("a");
        Assert.True(end.State == MergeState.Landed, end.Reason);
        Assert.Equal("a", await refinery.LandedAsync());
    }

    [IsolationFact(Timeout = Patience, Tier = Tier.Ci)]
    public async Task A_target_that_somebody_checks_out_meanwhile_is_left_alone_until_they_are_done()
    {
        await using RefineryFixture refinery = await RefineryFixture.CreateAsync();
        await refinery.SubmitAsync("a");
        await refinery.GoAsync();
        ControlledGateRun run = await refinery.Gate.RunOfAsync("a");
        string start = await refinery.Fixture.TargetCommitAsync();
        string tree = Path.Combine(refinery.Fixture.Repository.Root, "theirs");

        await refinery.Fixture.GitAsync("worktree", "add", "-q", tree, "target");
        run.Answer(GateResult.Pass);
        MergeStatus held = await refinery.UntilAsync("a", s => s.Hold == MergeHoldReason.Policy);
        Assert.Contains(tree, held.Reason, StringComparison.Ordinal);
        Assert.Equal(start, await refinery.Fixture.TargetCommitAsync());

        refinery.Gate.Always("a", GateResult.Pass);
        await refinery.Fixture.GitAsync("worktree", "remove", tree);
        Assert.Equal(MergeState.Landed, (await refinery.EndAsync("a")).State);
    }

    [IsolationFact(Timeout = Patience, Tier = Tier.Ci)]
    public async Task A_gate_that_puts_another_commit_into_an_items_record_lands_nothing_untested()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        Capture good = await bench.WorkAsync(null, ("good.txt", "x\n"));
        Capture evil = await bench.WorkAsync(null, ("evil.txt", "x\n"));
        string start = await bench.TargetCommitAsync();
        int forged = 0;
        await using IMergeQueue queue = await OpenAsync(bench, async (context, _) =>
        {
            if (context.Attempts.Count > 0 && Interlocked.Exchange(ref forged, 1) == 0)
            {
                const string Record = "refs/isolation/mq/target/items/good/1";
                string text = await bench.GitAsync("log", "-1", "--format=%B", Record);
                string commit = await bench.GitAsync(
                    "commit-tree",
                    evil.Commit + "^{tree}",
                    "-p",
                    evil.Commit,
                    "-m",
                    text.Replace(good.Commit, evil.Commit, StringComparison.Ordinal)
                );
                await bench.GitAsync("update-ref", Record, commit);
                return GateResult.Pass;
            }

            return File.Exists(Path.Combine(context.Workspace, "evil.txt")) ? GateResult.Fail("evil") : GateResult.Pass;
        });

        await queue.SubmitAsync(new MergeRequest(new AttemptId("good", 1), good));
        MergeStatus end = await QueueFixture.EndAsync(queue, new AttemptId("good", 1));

        Assert.True(end.State == MergeState.Rejected, $"{end.State}: {end.Reason}");
        Assert.Equal(start, await bench.TargetCommitAsync());
    }

    [IsolationFact(Timeout = Patience, Tier = Tier.Ci)]
    public async Task A_gate_that_moves_the_target_has_its_candidate_tested_again_on_what_is_there_now()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        Capture good = await bench.WorkAsync(null, ("good.txt", "x\n"));
        Capture other = await bench.WorkAsync(null, ("other.txt", "x\n"));
        List<string> tested = [];
        await using IMergeQueue queue = await OpenAsync(bench, async (context, _) =>
        {
            if (tested.Count == 0)
            {
                await bench.GitAsync("update-ref", QueueFixture.TargetRef, other.Commit);
            }

            tested.Add(context.Tree);
            return GateResult.Pass;
        });

        await queue.SubmitAsync(new MergeRequest(new AttemptId("good", 1), good));
        MergeStatus end = await QueueFixture.EndAsync(queue, new AttemptId("good", 1));

        Assert.True(end.State == MergeState.Landed, end.Reason);
        Assert.Equal(other.Commit, await bench.GitAsync("rev-parse", "target^1"));
        Assert.Equal(2, tested.Count);
        Assert.Equal(tested[1], await bench.GitAsync("rev-parse", "target^{tree}"));
    }

    [IsolationFact(Tier = Tier.Ci, Timeout = Patience)]
    public async Task A_lock_that_a_killed_git_left_on_one_target_holds_that_targets_work_with_its_code_and_no_other()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        await bench.GitAsync("branch", "other");
        Capture[] works =
        [
            await bench.WorkAsync(null, ("one.txt", "1\n")),
            await bench.WorkAsync(null, ("two.txt", "2\n")),
        ];
        AttemptId[] attempts = [new("one", 1), new("two", 1)];
        string stale = Path.Combine(bench.Common, "refs", "heads", "target.lock");
        await File.WriteAllTextAsync(stale, "");
        await using IMergeQueue queue = await OpenAsync(bench, (_, _) => ValueTask.FromResult(GateResult.Pass));
        await using IMergeQueue elsewhere = await MergeStrategies
            .FirstWins()
            .OpenAsync(new MergeTarget(bench.Target.Repository, "refs/heads/other"));
        for (int i = 0; i < works.Length; i++)
        {
            await queue.SubmitAsync(new MergeRequest(attempts[i], works[i]));
        }

        await elsewhere.SubmitAsync(new MergeRequest(new AttemptId("three", 1), works[0]));
        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(elsewhere, new AttemptId("three", 1))).State);
        foreach (AttemptId attempt in attempts)
        {
            MergeStatus held = await QueueFixture.UntilAsync(queue, attempt, s => s.State == MergeState.Held);
            Assert.True(
                held.Hold == MergeHoldReason.Infra
                    && held.Reason!.Contains(GitCodes.Locked, StringComparison.Ordinal)
                    && held.Reason.Contains("target.lock", StringComparison.Ordinal),
                held.Reason
            );
        }

        File.Delete(stale);
        for (int i = 0; i < works.Length; i++)
        {
            await queue.ApproveAsync(attempts[i], works[i].Commit, "ada");
            Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(queue, attempts[i])).State);
        }
    }

    private static async Task<IMergeQueue> OpenAsync(
        QueueFixture bench,
        Func<GateContext, CancellationToken, ValueTask<GateResult>> gate
    )
    {
        IMergeStrategy strategy = MergeStrategies.Refinery(
            o =>
            {
                o.Gates.Add("host code", gate);
                o.MaxConcurrency = 1;
                o.BatchSize = 1;
            },
            new ProcessSandbox(new ProcessSandboxOptions())
        );
        return await strategy.OpenAsync(bench.Target);
    }
}
