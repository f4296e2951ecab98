using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Scheduling;

/// <summary>An item that collided is tried again from the new target, and its worker knows with what.</summary>
public sealed class ConflictRetryTests
{
    [IsolationTheory(DefaultRows = 1)]
    [InlineData(1_000)]
    [InlineData(0)]
    public async Task The_next_attempt_starts_from_the_new_target_with_the_conflict_in_its_briefing(int tokens)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        AsyncBarrier begun = new(2);
        List<string> briefings = [];
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxAttempts = 2)
            .Contexts.UseFresh(o => o.MaxConflictTokens = tokens)
            .RunWith(
                async (worker, token) =>
                {
                    if (worker.Id.Number == 1)
                    {
                        await begun.SignalAndWaitAsync(token);
                    }

                    if (worker.Item.Id == "late" && worker.Id.Number == 1)
                    {
                        await worker.Inbox.ReadAsync(token);
                    }

                    if (worker.Item.Id == "late")
                    {
                        briefings.Add(worker.Context.Briefing);
                    }

                    await PipelineFixture.CommitAsync(worker, "shared.txt", $"by {worker.Id}\n", token);
                    return new RunResult.Done();
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("early"), PipelineFixture.Item("late")]);
        IsolationSummary summary = await run.Completion;

        Assert.Equal(2, summary.Count(ItemOutcome.Landed));
        WorkItemResult late = summary.Items.Single(i => i.Item.Id == "late");
        string landed = summary.Items.Single(i => i.Item.Id == "early").Merge!.LandedCommit!;
        Assert.Equal(2, late.Attempts.Count);
        Assert.Equal(landed, late.Attempts[1].BaseCommit);
        Assert.DoesNotContain("## What the attempt before collided with", briefings[0], StringComparison.Ordinal);
        string[] told =
        [
            "## What the attempt before collided with",
            "refs/isolation/attempts/late/1",
            late.Attempts[0].Commit!,
            landed,
            "- Item: early",
            "- File: shared.txt (",
        ];
        Assert.All(told, part =>
            Assert.Equal(
                tokens > 0,
                briefings[1].Split("## What the attempt before collided with").Length > 1
                    && briefings[1].Contains(part, StringComparison.Ordinal)
            )
        );
        Assert.Equal(late.Attempts[0].Commit, await rig.GitAsync("rev-parse", "refs/isolation/attempts/late/1"));
    }
}
