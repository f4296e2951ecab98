using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging.Refinery;

public sealed class PauseTests
{
    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_paused_queue_takes_work_and_lands_only_what_is_urgent_enough_also_after_a_restart()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync();
        await bench.Queue.PauseAsync("release", 3);
        await bench.SubmitAsync("usual");
        await bench.SubmitAsync("urgent", change: r => r with { Priority = 3 });
        await bench.Gate.PassAsync("urgent");
        await bench.EndAsync("urgent");

        await bench.Queue.DisposeAsync();
        await bench.OpenAsync();
        MergeStatus held = await bench.UntilAsync("usual", s => s.State == MergeState.Held);
        await bench.GoAsync();
        await bench.Gate.PassAsync("usual");

        Assert.Equal((MergeHoldReason.Paused, "Paused: release"), (held.Hold, held.Reason));
        Assert.Equal(MergeState.Landed, (await bench.EndAsync("usual")).State);
        Assert.Equal("urgent\nusual", await bench.LandedAsync());
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_target_that_is_red_by_itself_pauses_the_queue_until_something_mends_it()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync(o => o.MaxConcurrency = 1);
        await bench.SubmitAsync("innocent");

        await bench.GoAsync();
        for (int run = 0; run < 2; run++)
        {
            await bench.Gate.FailAsync("innocent");
        }

        for (int run = 0; run < 2; run++)
        {
            await bench.Gate.FailAsync("");
        }

        MergeStatus held = await bench.UntilAsync("innocent", s => s.Hold == MergeHoldReason.BaseBroken);
        await bench.SubmitAsync("mend", change: r => r with { FixesTarget = true });
        await bench.Gate.PassAsync("mend");
        await bench.Gate.PassAsync("innocent");

        Assert.Contains("red by itself", held.Reason, StringComparison.Ordinal);
        Assert.Equal(MergeState.Landed, (await bench.EndAsync("innocent")).State);
        Assert.Equal("mend\ninnocent", await bench.LandedAsync());
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_remote_that_does_not_take_the_target_pauses_the_queue_and_nothing_lands_here_either()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync(o => o.PushTargetTo = "origin");
        string before = await bench.Fixture.TargetCommitAsync();
        string remote = Path.Combine(bench.Fixture.Repository.Root, "remote.git");
        await bench.Fixture.GitAsync("remote", "add", "origin", remote);
        await bench.SubmitAsync("a");
        await bench.SubmitAsync("b");

        await bench.GoAsync();
        await bench.Gate.PassAsync("a b");
        MergeStatus held = await bench.UntilAsync("b", s => s.Hold == MergeHoldReason.Infra);
        Assert.Equal(before, await bench.Fixture.TargetCommitAsync());

        await bench.Fixture.GitAsync("clone", "-q", "--bare", bench.Fixture.Repository.Path, remote);
        bench.Gate.Always("a b", GateResult.Pass);
        await bench.GoAsync();

        Assert.Contains("Resume the queue", held.Reason, StringComparison.Ordinal);
        Assert.Equal(MergeState.Landed, (await bench.EndAsync("b")).State);
        Assert.Equal(
            await bench.Fixture.TargetCommitAsync(),
            await bench.Fixture.GitAsync("--git-dir=" + remote, "rev-parse", QueueFixture.TargetRef)
        );
    }

    [IsolationFact]
    public async Task A_gate_that_works_for_nobody_pauses_the_queue_and_holds_no_item()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync(o => o.MaxConcurrency = 1);
        await bench.SubmitAsync("a");
        bench.Gate.Always("a", new GateResult(GateVerdict.Infra, "no space"));
        bench.Gate.Always("", new GateResult(GateVerdict.Infra, "no space"));

        await bench.GoAsync();
        MergeStatus held = await bench.UntilAsync("a", s => s.Hold == MergeHoldReason.BaseBroken);
        bench.Gate.Always("a", GateResult.Pass);
        await bench.GoAsync();

        Assert.Contains("cannot be run", held.Reason, StringComparison.Ordinal);
        Assert.Equal(MergeState.Landed, (await bench.EndAsync("a")).State);
    }
}
