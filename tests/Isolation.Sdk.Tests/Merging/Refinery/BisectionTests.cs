using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging;

public sealed class BisectionTests
{
    [IsolationFact]
    public async Task The_longest_green_prefix_lands_at_once_and_a_shorter_run_is_given_up()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync(o => o.BatchSize = 2);
        foreach (string item in new[] { "a", "b", "c", "d" })
        {
            await bench.SubmitAsync(item);
        }

        await bench.GoAsync();
        ControlledGateRun shorter = await bench.Gate.RunOfAsync("a b");
        await bench.Gate.PassAsync("a b c d");

        Assert.Equal(["b.1", "c.1", "d.1"], (await bench.EndAsync("a")).With.Select(w => w.ToString()));
        Assert.Equal(MergeState.Landed, (await bench.EndAsync("d")).State);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => shorter.Answered);
        Assert.Equal("a\nb\nc\nd", await bench.LandedAsync());
        Assert.Equal(["a b", "a b c d"], bench.Gate.Asked.Order());
        Assert.Equal(
            await bench.Fixture.GitAsync("rev-parse", "main"),
            await bench.Fixture.GitAsync("rev-parse", "refs/isolation/mq/target/backup")
        );
        Assert.Equal(
            "Landed a.1, b.1, c.1, d.1",
            await bench.Fixture.GitAsync("log", "--format=%s", "refs/isolation/mq/target/journal")
        );
    }

    [IsolationFact]
    public async Task The_red_interval_is_searched_and_only_the_culprit_is_given_back()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync(o =>
        {
            o.MaxConcurrency = 1;
            o.BatchSize = 4;
        });
        foreach (string item in new[] { "a", "b", "bad", "d" })
        {
            await bench.SubmitAsync(item);
        }

        await bench.GoAsync();
        await bench.Gate.FailAsync("a b bad d");
        await bench.Gate.PassAsync("a b");
        await bench.Gate.FailAsync("bad");
        await bench.Gate.FailAsync("bad");
        await bench.Gate.PassAsync("d");

        MergeStatus bad = await bench.EndAsync("bad");
        Assert.Equal((MergeState.Rejected, GateVerdict.Fail), (bad.State, bad.Gate!.Verdict));
        Assert.Equal(MergeState.Landed, (await bench.EndAsync("d")).State);
        Assert.Equal("a\nb\nd", await bench.LandedAsync());
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_failure_that_a_second_run_does_not_confirm_rejects_nobody()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync(o => o.MaxConcurrency = 1);
        await bench.SubmitAsync("a");

        await bench.GoAsync();
        await bench.Gate.FailAsync("a");
        await bench.Gate.PassAsync("a");

        Assert.Equal(MergeState.Landed, (await bench.EndAsync("a")).State);
        Assert.Equal(["a", "a"], bench.Gate.Asked);
    }

    /// <summary>Two slots leave one beside the judgement; of three, a queue that finds its gates slow each other down
    /// uses two.</summary>
    [IsolationTheory(Tier = Tier.Ci)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_follows_a_suspect_is_tested_without_it_meanwhile_and_lands_once_it_is_gone(int slots)
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync(o => o.MaxConcurrency = slots);
        bench.Gate.Always("", GateResult.Pass);
        foreach (string item in new[] { "bad", "b", "c" })
        {
            await bench.SubmitAsync(
                item,
                change: item == "c" ? r => r with { DependsOn = [RefineryFixture.Of("bad")] } : null
            );
        }

        await bench.GoAsync();
        string before = await bench.Fixture.TargetCommitAsync();
        foreach (string candidate in new[] { "bad b c", "bad b", "bad" }.TakeLast(slots))
        {
            await bench.Gate.FailAsync(candidate);
        }

        ControlledGateRun second = await bench.Gate.RunOfAsync("bad");
        await bench.Gate.PassAsync("b");
        await bench.SubmitAsync("d");
        await bench.Gate.RunOfAsync("b d");
        Assert.Equal(before, await bench.Fixture.TargetCommitAsync());
        second.Answer(GateResult.Fail("Again."));

        Assert.Equal(MergeState.Landed, (await bench.EndAsync("b")).State);
        Assert.Equal(MergeState.Rejected, (await bench.EndAsync("bad")).State);
        Assert.Single(bench.Gate.Asked, "b");
        bench.Gate.Always("d", GateResult.Pass);
        await bench.Queue.CancelAsync(RefineryFixture.Of("c"));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task With_every_commit_green_a_longer_green_candidate_waits_for_the_shorter_one()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync(o => o.TestEveryCommit = true);
        await bench.SubmitAsync("a");
        await bench.SubmitAsync("b");

        await bench.GoAsync();
        await bench.Gate.PassAsync("a b");
        ControlledGateRun first = await bench.Gate.RunOfAsync("a");
        string before = await bench.Fixture.TargetCommitAsync();
        first.Answer(GateResult.Pass);

        Assert.Equal(MergeState.Landed, (await bench.EndAsync("b")).State);
        Assert.Equal(before, await bench.Fixture.GitAsync("rev-parse", "target~2"));
        Assert.Equal(
            ["2"],
            (
                await bench.Fixture.GitAsync(
                    "rev-list",
                    "--count",
                    "--first-parent",
                    "--grep=Isolation-Tested-Tree",
                    "main..target"
                )
            ).Split('\n')
        );
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_must_go_alone_is_tested_and_landed_by_itself()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync(o => o.BatchSize = 4);
        await bench.SubmitAsync("a");
        await bench.SubmitAsync("alone", change: r => r with { Exclusive = true });
        await bench.SubmitAsync("c");
        await bench.SubmitAsync("d");

        await bench.GoAsync();
        await bench.Gate.PassAsync("a");
        await bench.Gate.PassAsync("alone");
        bench.Gate.Always("c", GateResult.Pass);
        bench.Gate.Always("c d", GateResult.Pass);

        Assert.Empty((await bench.EndAsync("alone")).With);
        Assert.Equal(MergeState.Landed, (await bench.EndAsync("d")).State);
        Assert.Equal("a\nalone\nc\nd", await bench.LandedAsync());
    }
}
