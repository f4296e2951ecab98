using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging;

public sealed class MergeQueueOptionsTests
{
    public static TheoryData<string, Action<MergeQueueOptions>> Bad =>
        new()
        {
            { "Mode", o => o.Mode = (MergeMode)77 },
            { "MessageTemplate", o => o.MessageTemplate = "{title} {nope}" },
            { "PushBranchesTo", o => o.PushBranchesTo = "--upload-pack=evil" },
            { "PushTargetTo", o => o.PushTargetTo = " " },
            { "Gates[1]", o => o.Gates.Add(null!) },
            { "Gates[1]", o => o.Gates.Add(new MergeGate()) },
            { "Gates[1]", o => o.Gates.Add("") },
            { "Gates[1]", o => o.Gates.Add("true", "x", null!) },
            { "Gates[1]", o => o.Gates.Add(new MergeGate { Name = "name", Version = "1" }) },
            { "GateTimeout", o => o.GateTimeout = TimeSpan.Zero },
            { "GateTimeout", o => o.GateTimeout = TimeSpan.MaxValue },
            { "Gates[0]", o => o.Gates[0].MinimumTime = TimeSpan.FromTicks(-1) },
            { "Gates[0]", o => o.Gates[0].MinimumTime = TimeSpan.FromHours(1) },
            { "CachePaths", o => o.CachePaths.Add("!x") },
            { "CachePaths", o => o.CachePaths.Add(null!) },
            { "MaxConcurrency", o => o.MaxConcurrency = 0 },
            { "BatchSize", o => o.BatchSize = -1 },
            { "Gates", o => o.Gates.Clear() },
        };

    [IsolationTheory]
    [MemberData(nameof(Bad))]
    public Task Build_names_the_option_that_is_wrong(string option, Action<MergeQueueOptions> change)
    {
        IsolationPipelineBuilder builder = new IsolationPipelineBuilder("/repository")
            .Merging.UseRefinery(o =>
            {
                o.Gates.Add("true");
                change(o);
            })
            .RunWith((_, _) => Task.CompletedTask);

        IsolationConfigurationException refused = Assert.Throws<IsolationConfigurationException>(() => builder.Build());

        Assert.Contains(refused.Faults, f =>
            f.Code is MergingCodes.BadOptions or MergingCodes.NoGate
            && f.Message.Contains($"MergeQueueOptions.{option} ", StringComparison.Ordinal)
        );
        return Task.CompletedTask;
    }

    [IsolationFact]
    public void First_wins_refuses_gates_because_it_would_not_run_them()
    {
        IsolationPipelineBuilder builder = new IsolationPipelineBuilder("/repository")
            .Merging.UseFirstWins(o => o.Gates.Add("true"))
            .RunWith((_, _) => Task.CompletedTask);

        Assert.Equal(
            MergingCodes.BadOptions,
            Assert.Throws<IsolationConfigurationException>(() => builder.Build()).Code
        );
    }

    [IsolationFact]
    public void A_preset_fills_in_what_the_options_leave_open()
    {
        MergeQueueOptions given = new()
        {
            MaxConcurrency = 3,
            BatchSize = 2,
            RetryFailedGates = false,
        };
        Assert.Equal((3, 2, false, true, false), Of(MergePreset.Refinery, given));
        Assert.Equal((4, null, true, true, false), Of(MergePreset.Refinery, new MergeQueueOptions()));
        Assert.Equal((1, 1, false, true, false), Of(MergePreset.SerialQueue, new MergeQueueOptions()));
        Assert.Equal((1, 1, false, false, false), Of(MergePreset.FirstWins, new MergeQueueOptions()));
        Assert.Equal((1, 1, false, false, true), Of(MergePreset.Manual, new MergeQueueOptions()));
        given.TestEveryCommit = true;
        Assert.Equal((3, 1, false, true, false), Of(MergePreset.Refinery, given));
    }

    [IsolationFact]
    public async Task A_strategy_without_a_pipeline_checks_its_options_when_it_opens()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        IMergeStrategy strategy = MergeStrategies.Refinery(
            o =>
            {
                o.Gates.Add("true");
                o.MaxConcurrency = 0;
            },
            new ProcessSandbox(new ProcessSandboxOptions())
        );

        IsolationException refused = await Assert.ThrowsAnyAsync<IsolationException>(async () =>
            await strategy.OpenAsync(bench.Target)
        );

        Assert.Equal(MergingCodes.BadOptions, refused.Code);
    }

    [IsolationFact]
    public async Task A_gate_command_that_does_not_exist_is_found_by_the_probe()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        IMergeStrategy strategy = MergeStrategies.SerialQueue(
            o =>
            {
                o.Gates.Add("true");
                o.Gates.Add("no-such-gate", "--all");
                o.Gates.Add("./in-the-repository.sh");
            },
            new ProcessSandbox(new ProcessSandboxOptions())
        );

        ProbeResult probe = await strategy.ProbeAsync(bench.Target.Repository);

        Assert.Contains("no-such-gate", Assert.Single(probe.Problems).Message, StringComparison.Ordinal);
    }

    private static (int, int?, bool, bool, bool) Of(MergePreset preset, MergeQueueOptions options)
    {
        MergePolicy policy = new(preset, options);
        return (
            policy.MaxConcurrency,
            policy.BatchSize,
            policy.RetryFailedGates,
            policy.NeedsGate,
            policy.NeedsApproval
        );
    }
}
