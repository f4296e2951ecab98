using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Composition;

/// <summary>
/// The same items, at each level above the first: a clone of their own, processes that the kernel holds, and a gate in
/// the same sandbox.
/// </summary>
public sealed class LevelTests
{
    private const string Work =
        "echo \"$ISOLATION_WORKER\" > \"$ISOLATION_WORKER.txt\"; git add -A; git commit -qm done; test "
        + "\"$(cat \"$0/.git/HEAD\" 2>/dev/null)\" = \"\"";

    // A gate is held like a worker. It has files, and no repository: that of its worktree is the shared one, and out of
    // reach.
    private const string Gate = "grep -q NoNewPrivs:.1 /proc/self/status && test -e README.md && ! git status";

    [IsolationFact(Tools.Landlock, Tier = Tier.Ci)]
    public Task Restricted_workers_commit_and_their_work_lands_through_a_gate() => LandsAsync(SandboxLevel.Restricted);

    [IsolationFact(Tools.Bubblewrap, Tier = Tier.Ci)]
    public Task Sealed_workers_commit_and_their_work_lands_through_a_gate() => LandsAsync(SandboxLevel.Sealed);

    private static async Task LandsAsync(SandboxLevel level)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        IsolationPipelineBuilder builder = rig.Compose()
            .UseLevel(level)
            .RunProcess("sh", "-ec", Work, rig.Repository.Path);
        if (level == SandboxLevel.Sealed)
        {
            builder.Untrusted();
        }

        await using IsolationPipeline pipeline = builder
            .Merging.UseSerialQueue(o => o.Gates.Add("sh", "-c", Gate))
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a"), PipelineFixture.Item("b")]);
        IsolationSummary summary = await run.Completion;

        Assert.True(summary.Count(ItemOutcome.Landed) == 2, string.Join('\n', summary.Items));
        Assert.Equal(
            "a.1\nb.1",
            await rig.GitAsync("show", "landing:a.1.txt") + "\n" + await rig.GitAsync("show", "landing:b.1.txt")
        );
    }
}
