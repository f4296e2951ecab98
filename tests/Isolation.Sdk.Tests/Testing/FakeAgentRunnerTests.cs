using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Testing;

public sealed class FakeAgentRunnerTests
{
    [IsolationFact]
    public async Task It_does_what_the_script_says_one_step_an_attempt()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        FakeAgentRunner runner = new FakeAgentRunner()
            .On("twice", new RunResult.Failed("not yet", Retryable: true))
            .Writes("twice", "twice.txt", "2\n")
            .Writes("once", "folder/once.txt", "1\n");
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxAttempts = 2).RunWith(_ => runner).Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("twice"),
            PipelineFixture.Item("once"),
            PipelineFixture.Item("nothing"),
        ]);
        IsolationSummary summary = await run.Completion;

        Assert.Equal(
            ["nothing: NoChange", "once: Landed", "twice: Landed"],
            summary
                .Items.Select(i =>
                    $"{i.Item.Id}: "
                    + $"{i.Outcome}{(i.Outcome is ItemOutcome.Landed or ItemOutcome.NoChange ? "" : " " + i.Reason)}"
                )
                .Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            ["nothing.1", "once.1", "twice.1", "twice.2"],
            runner.Runs.Select(r => r.ToString()).Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            ["README.md", "folder/once.txt", "twice.txt"],
            (await rig.GitAsync("ls-tree", "-r", "--name-only", PipelineFixture.Target)).Split('\n')
        );
    }
}
