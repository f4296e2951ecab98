using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>What a worker's own sub-agents make in worktrees inside its workspace is the worker's.</summary>
public sealed class NestedWorktreeTests
{
    private const string Add = "git worktree add -q .agents/one -b agent-one && cd .agents/one && ";
    private const string Commit = "echo s > sub.txt && git add -A && git commit -qm sub";

    [IsolationTheory(Tools.Linux, "sh")]
    [InlineData(Add + Commit + " && cd ../.. && git merge -q --ff-only agent-one", "sub.txt", null)]
    [InlineData(Add + Commit + " && cd ../.. && echo own > own.txt", "own.txt", "worktrees/one")]
    [InlineData("git worktree add -q --detach .agents/one && cd .agents/one && " + Commit, null, "worktrees/one")]
    public async Task It_is_kept_and_its_worktree_goes_with_the_workspace(string deed, string? landed, string? pinned)
    {
        (PipelineFixture rig, WorkItemResult result) = await RunAsync(deed);
        await using PipelineFixture _ = rig;

        Assert.Equal(landed is null ? ItemOutcome.NoChange : ItemOutcome.Landed, result.Outcome);
        string[] extras =
        [
            .. (await rig.GitAsync("for-each-ref", "--format=%(refname)", "refs/isolation/extra")).Split(
                '\n',
                StringSplitOptions.RemoveEmptyEntries
            ),
        ];
        Assert.Equal(pinned is null ? [] : [$"refs/isolation/extra/a/1/{pinned}"], extras);
        foreach (string extra in extras)
        {
            Assert.Contains("sub.txt", await rig.GitAsync("ls-tree", "--name-only", extra), StringComparison.Ordinal);
        }

        Assert.Single((await rig.GitAsync("worktree", "list")).Split('\n'));
        Assert.DoesNotContain("agent-one", await rig.GitAsync("branch", "--list"), StringComparison.Ordinal);
    }

    [IsolationFact(Tools.Linux, "sh")]
    public async Task Uncommitted_work_in_it_keeps_the_workspace()
    {
        (PipelineFixture rig, WorkItemResult result) = await RunAsync(
            Add + "echo s > sub.txt; cd ../..; echo o > own.txt"
        );
        await using PipelineFixture _ = rig;

        Assert.Equal(ItemOutcome.Landed, result.Outcome);
        Assert.Contains(result.Attempts[0].Notices, n =>
            n.Contains(".agents/one' has uncommitted changes", StringComparison.Ordinal)
        );
        Assert.True(File.Exists(Path.Combine(rig.Workers, "a.1", "work", ".agents", "one", "sub.txt")));
    }

    [IsolationFact(Tools.Linux, "sh")]
    public async Task A_branch_that_was_there_before_stays()
    {
        (PipelineFixture rig, WorkItemResult result) = await RunAsync(
            "git worktree add -q .agents/one theirs",
            "theirs"
        );
        await using PipelineFixture _ = rig;

        Assert.Equal(ItemOutcome.NoChange, result.Outcome);
        Assert.Single((await rig.GitAsync("worktree", "list")).Split('\n'));
        Assert.Contains("theirs", await rig.GitAsync("branch", "--list"), StringComparison.Ordinal);
    }

    private static async Task<(PipelineFixture Rig, WorkItemResult Result)> RunAsync(string deed, string? branch = null)
    {
        PipelineFixture rig = await PipelineFixture.CreateAsync();
        if (branch is not null)
        {
            await rig.GitAsync("branch", branch);
            // Long ago, as its log says.
            await File.WriteAllTextAsync(
                Path.Combine(rig.Repository.Path, ".git", "logs", "refs", "heads", branch),
                $"{new string('0', 40)} {await rig.GitAsync("rev-parse", "HEAD")} t <t@t> 1000000000 +0000\tbranch\n"
            );
        }

        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxAttempts = 1)
            .RunProcess("sh", "-c", deed)
            .Build();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        return (rig, Assert.Single((await run.Completion).Items));
    }
}
