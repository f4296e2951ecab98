using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Guard;

/// <summary>What leads git out of a workspace is found before the runner sees it.</summary>
public sealed class WorkspaceVerifierTests
{
    [IsolationFact(Tools.Linux, "sh")]
    public async Task Settings_of_the_main_work_tree_do_not_hold_for_a_workers()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await rig.GitAsync("config", "core.worktree", rig.Repository.Path);
        await rig.GitAsync("config", "extensions.worktreeConfig", "true");
        await File.WriteAllTextAsync(Path.Combine(rig.Repository.Path, "mine.txt"), "not for anybody");
        await using IsolationPipeline pipeline = rig.Compose()
            .Merging.UseSerialQueue(o =>
                o.Gates.Add("sh", "-c", "test \"$(git rev-parse --show-toplevel)\" = \"$PWD\" && git clean -fdxq")
            )
            .RunProcess("sh", "-c", "echo x > made.txt")
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal((ItemOutcome.Landed, null), (result.Outcome, result.Reason));
        Assert.Equal(
            "README.md made.txt",
            (await rig.GitAsync("ls-tree", "--name-only", PipelineFixture.Target)).Replace('\n', ' ')
        );
        Assert.Equal("?? mine.txt", await rig.GitAsync("status", "--porcelain"));
    }

    [IsolationTheory(Tools.Linux, "sh")]
    [InlineData("GIT_WORK_TREE={repository}")]
    [InlineData("GIT_INDEX_FILE={repository}/.git/index")]
    public Task A_variable_that_leads_out_is_refused(string variable) => RefusedAsync(variable, null);

    [IsolationTheory(Tools.Linux, "sh", Tier = Tier.Ci)]
    [InlineData("GIT_DIR={repository}/.git", null)]
    [InlineData("GIT_COMMON_DIR={repository}", null)]
    [InlineData(null, "git config extensions.worktreeConfig true; git config --worktree core.worktree {repository}")]
    [InlineData(null, "git config extensions.worktreeConfig true; git config --worktree core.bare true")]
    [InlineData(null, "echo gitdir: {repository}/.git > .git")]
    [InlineData(null, "rm .git")]
    [InlineData(null, "echo {repository} > $(git rev-parse --git-dir)/commondir")]
    public Task So_is_every_other_way_out(string? variable, string? setup) => RefusedAsync(variable, setup);

    private static async Task RefusedAsync(string? variable, string? setup)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        bool ran = false;
        string Fill(string text) => text.Replace("{repository}", rig.Repository.Path);
        IsolationPipelineBuilder builder = rig.Compose(o => o.MaxAttempts = 1)
            .RunWith(
                (_, _) =>
                {
                    ran = true;
                    return Task.CompletedTask;
                }
            );
        if (variable?.Split('=') is [var name, var value])
        {
            builder.Sandbox.UseProcess(o => o.Environment[name] = Fill(value));
        }

        await using IsolationPipeline pipeline = (
            setup is null ? builder : builder.Setup("sh", "-c", Fill(setup))
        ).Build();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Contains("ISO0918", result.Reason, StringComparison.Ordinal);
        Assert.Equal((ItemOutcome.Failed, false), (result.Outcome, ran));
        Assert.Null(Assert.Single(result.Attempts).Commit);
        Assert.Equal("", await rig.GitAsync("status", "--porcelain"));
    }
}
