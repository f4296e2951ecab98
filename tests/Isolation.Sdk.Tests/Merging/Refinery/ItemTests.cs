using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging.Refinery;

public sealed class ItemTests
{
    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_collision_with_work_ahead_is_held_and_final_once_that_has_landed()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync();
        await bench.SubmitAsync("first", "same.txt", "1\n");
        await bench.SubmitAsync("second", "same.txt", "2\n");

        await bench.GoAsync();
        ControlledGateRun run = await bench.Gate.RunOfAsync("first");
        MergeStatus held = await bench.UntilAsync("second", s =>
            s is { State: MergeState.Held, Hold: MergeHoldReason.Conflict }
        );
        run.Answer(GateResult.Pass);
        MergeStatus final = await bench.EndAsync("second");

        Assert.Contains("same.txt with first.1", held.Reason, StringComparison.Ordinal);
        Assert.Equal("same.txt", Assert.Single(held.Conflict!.Files).Path);
        Assert.Equal(MergeState.Conflicted, final.State);
        Assert.Equal(["first"], final.Conflict!.With);
        Assert.Equal(["first"], bench.Gate.Asked);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_collision_with_work_ahead_is_forgotten_once_that_has_left()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync();
        await bench.SubmitAsync("first", "same.txt", "1\n");
        await bench.SubmitAsync("second", "same.txt", "2\n");

        await bench.GoAsync();
        await bench.Gate.RunOfAsync("first");
        await bench.UntilAsync("second", s => s.Hold == MergeHoldReason.Conflict);
        await bench.Queue.CancelAsync(RefineryFixture.Of("first"));
        await bench.Gate.PassAsync("second");

        Assert.Equal(MergeState.Landed, (await bench.EndAsync("second")).State);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_collision_with_the_target_is_final_at_once_whatever_is_ahead()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync();
        string old = await bench.Fixture.TargetCommitAsync();
        Capture late = await bench.Fixture.WorkAsync(old, ("same.txt", "2\n"));
        Capture landed = await bench.Fixture.WorkAsync(old, ("same.txt", "1\n"));
        await bench.Fixture.GitAsync("update-ref", QueueFixture.TargetRef, landed.Commit, old);
        await bench.SubmitAsync("ahead");
        await bench.Queue.SubmitAsync(new MergeRequest(RefineryFixture.Of("late"), late));

        await bench.GoAsync();
        await bench.Gate.RunOfAsync("ahead");

        Assert.Equal(MergeState.Conflicted, (await bench.EndAsync("late")).State);
        await bench.Gate.PassAsync("ahead");
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Cancelling_one_leaves_the_candidates_without_it_running()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync(o => o.MaxConcurrency = 3);
        foreach (string item in new[] { "a", "b", "c" })
        {
            await bench.SubmitAsync(item);
        }

        await bench.GoAsync();
        ControlledGateRun one = await bench.Gate.RunOfAsync("a");
        ControlledGateRun two = await bench.Gate.RunOfAsync("a b");
        ControlledGateRun three = await bench.Gate.RunOfAsync("a b c");
        await bench.Queue.CancelAsync(RefineryFixture.Of("b"));
        ControlledGateRun rest = await bench.Gate.RunOfAsync("a c");
        Assert.False(one.Answered.IsCompleted);
        rest.Answer(GateResult.Pass);

        Assert.Equal(MergeState.Landed, (await bench.EndAsync("c")).State);
        Assert.Equal(MergeState.Cancelled, (await bench.EndAsync("b")).State);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => two.Answered);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => three.Answered);
        Assert.Single(bench.Gate.Asked, "a");
        Assert.True(one.Answered.IsCompleted || bench.Gate.Asked.Count == 4);
        Assert.Equal("a\nc", await bench.LandedAsync());
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_dependent_is_tested_only_behind_what_it_depends_on_and_leaves_with_it()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync(o => o.RetryFailedGates = false);
        bench.Gate.Always("", GateResult.Pass);
        await bench.SubmitAsync("dependent", change: r =>
            r with
            {
                DependsOn = [RefineryFixture.Of("base")],
                Priority = 5,
            }
        );
        await bench.UntilAsync("dependent", s => s.State == MergeState.Held);
        await bench.SubmitAsync("base");

        await bench.GoAsync();
        await bench.Gate.RunOfAsync("base dependent");
        await bench.Gate.FailAsync("base");
        MergeStatus held = await bench.UntilAsync("dependent", s => s.Hold == MergeHoldReason.Dependency);
        await bench.Queue.SubmitAsync(
            new MergeRequest(new AttemptId("base", 2), await bench.Fixture.WorkAsync(null, ("base.txt", "better\n")))
        );
        await bench.Gate.PassAsync("base dependent");

        Assert.Contains("base.1 was given back; a later attempt of it will do", held.Reason, StringComparison.Ordinal);
        Assert.Equal(MergeState.Landed, (await bench.EndAsync("dependent")).State);
        Assert.Equal("base\ndependent", await bench.LandedAsync());
        Assert.DoesNotContain("dependent", bench.Gate.Asked);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_would_wait_for_itself_is_refused()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync();
        await bench.SubmitAsync("a", change: r => r with { DependsOn = [RefineryFixture.Of("b")] });
        await bench.SubmitAsync("b", change: r => r with { DependsOn = [RefineryFixture.Of("c")] });

        IsolationException refused = await Assert.ThrowsAsync<IsolationException>(() =>
            bench.SubmitAsync("c", change: r => r with { DependsOn = [RefineryFixture.Of("a")] })
        );

        Assert.Equal(MergingCodes.BadRequest, refused.Code);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Order_is_priority_then_submission_and_a_later_attempt_keeps_the_place()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync(o => o.MaxConcurrency = 1);
        foreach ((string item, int priority) in new[] { ("first", 0), ("second", 0), ("urgent", 1) })
        {
            await bench.SubmitAsync(item, change: r => r with { Priority = priority });
        }

        await bench.Queue.SubmitAsync(
            new MergeRequest(new AttemptId("first", 2), await bench.Fixture.WorkAsync(null, ("first.txt", "again\n")))
        );
        await bench.Queue.DisposeAsync();
        await bench.OpenAsync(o => o.MaxConcurrency = 1);
        foreach (string item in new[] { "urgent", "first", "second" })
        {
            bench.Gate.Always(item, GateResult.Pass);
        }

        await bench.GoAsync();

        Assert.Equal(MergeState.Landed, (await bench.EndAsync("second")).State);
        Assert.Equal(MergeState.Superseded, (await bench.EndAsync("first")).State);
        Assert.Equal("urgent\nfirst\nsecond", await bench.LandedAsync());
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Nobody_pushes_in_before_what_is_in_the_gate_and_the_report_says_so()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync(o => o.MaxConcurrency = 2);
        await bench.SubmitAsync("usual");
        await bench.GoAsync();
        ControlledGateRun usual = await bench.Gate.RunOfAsync("usual");
        await bench.SubmitAsync("urgent", change: r => r with { Priority = 9 });
        ControlledGateRun both = await bench.Gate.RunOfAsync("usual urgent");
        await bench.UntilAsync("urgent", s => s.State == MergeState.Testing);

        QueueReport report = Assert.Single(
            await new MergeQueueClient(bench.Fixture.Target.Repository).DescribeAsync(QueueFixture.TargetRef)
        );
        both.Answer(GateResult.Pass);

        Assert.Equal(["usual.1", "urgent.1"], report.Items.Select(i => i.Attempt.ToString()));
        Assert.Equal(MergeState.Landed, (await bench.EndAsync("urgent")).State);
        Assert.Equal("usual\nurgent", await bench.LandedAsync());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => usual.Answered);
    }

    [IsolationFact]
    public async Task What_lands_is_the_commit_that_was_submitted_wherever_its_branch_went()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync();
        Capture work = await bench.Fixture.WorkAsync(null, ("a.txt", "submitted\n"));
        Capture later = await bench.Fixture.WorkAsync(work.Commit, ("a.txt", "later\n"));
        await bench.Fixture.GitAsync("branch", "work", work.Commit);
        await bench.Queue.SubmitAsync(new MergeRequest(RefineryFixture.Of("a"), work) { Branch = "work" });
        await bench.Fixture.GitAsync("branch", "-f", "work", later.Commit);

        await bench.GoAsync();
        await bench.Gate.PassAsync("a");
        MergeStatus landed = await bench.EndAsync("a");

        Assert.Equal("submitted", await bench.Fixture.GitAsync("show", landed.LandedCommit + ":a.txt"));
        Assert.Equal(later.Commit, await bench.Fixture.GitAsync("rev-parse", "work"));
    }
}
