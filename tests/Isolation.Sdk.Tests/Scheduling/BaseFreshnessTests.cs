using Isolation.Sdk.Git;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Scheduling;

public sealed class BaseFreshnessTests
{
    /// <summary>How a clone was made, and what its workers name as their base.</summary>
    [IsolationTheory]
    [InlineData("--bare", "main")]
    [InlineData("--mirror", "main")]
    [InlineData("--single-branch", "origin/dev")]
    [InlineData("--no-single-branch", "origin/main")]
    public async Task A_fetch_brings_the_base_whatever_kind_of_clone_it_is(string kind, string named)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await rig.GitAsync("branch", "dev");
        string clone = Path.Combine(rig.Repository.Root, "clone.git");
        await rig.GitAsync("clone", "-q", kind, rig.Repository.Path, clone);
        await ThrowawayRepository.GitInAsync(clone, ["branch", "landing"]);
        string landing = await ThrowawayRepository.GitInAsync(clone, ["rev-parse", "landing"]);
        string news = await rig.Repository.CommitAsync("News", new Dictionary<string, string> { ["n.txt"] = "n\n" });
        await rig.GitAsync("branch", "-f", "dev", news);
        await rig.GitAsync("branch", "landing", news); // A mirror would move its own to it.
        string? started = null;
        await using IsolationPipeline pipeline = new IsolationPipelineBuilder(clone)
            .Target("landing")
            .Merging.UseFirstWins()
            .FetchBeforeAttempts("origin")
            .RunWith(
                (worker, _) =>
                {
                    started = worker.Workspace.BaseCommit;
                    return Task.CompletedTask;
                }
            )
            .Build();
        List<WorkerEvent> seen = [];
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a") with { Base = named }]);
        Task watching = Task.Run(async () =>
        {
            await foreach (WorkerEvent happened in run.WatchAsync())
            {
                seen.Add(happened);
            }
        });

        Assert.Equal(ItemOutcome.NoChange, Assert.Single((await run.Completion).Items).Outcome);
        await watching;

        Assert.Equal(news, started);
        Assert.Contains(seen, e => e.Text?.StartsWith($"It starts from {named} at {news[..10]}, made ") == true);
        Assert.Equal(landing, await ThrowawayRepository.GitInAsync(clone, ["rev-parse", "landing"]));
    }

    [IsolationFact]
    public async Task A_base_that_is_behind_the_remote_says_so_with_what_to_do()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string clone = Path.Combine(rig.Repository.Root, "clone");
        await rig.GitAsync("clone", "-q", rig.Repository.Path, clone);
        string old = await rig.GitAsync("rev-parse", "main");
        await rig.Repository.CommitAsync("News", new Dictionary<string, string> { ["n.txt"] = "n\n" });
        await using IsolationPipeline pipeline = new IsolationPipelineBuilder(clone)
            .Target("landing", from: "main")
            .Merging.UseFirstWins()
            .FetchBeforeAttempts("origin")
            .RunWith((_, _) => Task.CompletedTask)
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a") with { Base = "main" }]);
        AttemptReport report = Assert.Single(Assert.Single((await run.Completion).Items).Attempts);

        Assert.Equal(old, report.BaseCommit);
        Assert.Contains("1 commit behind origin/main. Give 'origin/main' as the base", Assert.Single(report.Notices));
    }

    [IsolationTheory]
    [InlineData("refs/remotes/origin/main", "refs/heads/origin/main")]
    [InlineData("refs/remotes/origin/main", "refs/tags/origin/main")]
    public async Task A_name_that_may_mean_two_things_is_a_fault_with_both(string one, string other)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string old = await rig.GitAsync("rev-parse", "main");
        string news = await rig.Repository.CommitAsync("News", new Dictionary<string, string> { ["n.txt"] = "n\n" });
        await rig.GitAsync("update-ref", one, old);
        await rig.GitAsync("update-ref", other, news);
        await using IsolationPipeline pipeline = new IsolationPipelineBuilder(rig.Repository.Path)
            .Target("landing", from: "origin/main")
            .Merging.UseFirstWins()
            .RunWith((_, _) => Task.CompletedTask)
            .Build();

        IsolationFault fault = Assert.Single((await pipeline.AuditAsync()).Faults);

        Assert.Equal(GitCodes.AmbiguousRevision, fault.Code);
        Assert.Contains(one, fault.Message, StringComparison.Ordinal);
        Assert.Contains(other, fault.Message, StringComparison.Ordinal);
    }

    [IsolationFact]
    public async Task A_short_name_with_heads_is_the_branch_beside_a_tag_of_that_name()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await rig.GitAsync("tag", "main");
        string news = await rig.Repository.CommitAsync("News", new Dictionary<string, string> { ["n.txt"] = "n\n" });
        GitRepository repository = await GitOpener.OpenAsync(rig.Repository.Path);

        Assert.Equal(news, await repository.TryResolveCommitAsync("heads/main"));
        Assert.Equal(news, await repository.TryResolveCommitAsync("main"));
        Assert.Null(RevisionNames.FindAmbiguity(repository, "heads/main"));
        Assert.Null(RevisionNames.FindAmbiguity(repository, "main"));
    }

    /// <summary>What main got since the target was made, what has landed on the target, and whether it is to
    /// follow.</summary>
    [IsolationTheory]
    [InlineData(false, false, "git fetch . main:landing")]
    [InlineData(true, false, "git switch landing && git merge main")]
    [InlineData(false, true, null)]
    [InlineData(true, true, null)]
    public async Task A_target_that_is_behind_is_named_with_the_command_or_brought_up(
        bool hasWork,
        bool follow,
        string? command
    )
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await rig.GitAsync("branch", "landing");
        if (hasWork)
        {
            string tree = Path.Combine(rig.Repository.Root, "w");
            await rig.GitAsync("worktree", "add", "-q", tree, "landing");
            await File.WriteAllTextAsync(Path.Combine(tree, "landed.txt"), "l\n");
            await ThrowawayRepository.GitInAsync(tree, ["add", "-A"]);
            await ThrowawayRepository.GitInAsync(tree, ["commit", "-q", "-m", "Landed"]);
            await rig.GitAsync("worktree", "remove", tree);
        }

        await rig.Repository.CommitAsync("News", new Dictionary<string, string> { ["n.txt"] = "n\n" });
        await using IsolationPipeline pipeline = rig.Compose()
            .Target("landing", from: "main", follow: follow)
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        IsolationSummary summary = await run.Completion;

        string notice = Assert.Single(summary.Audit.Notices, n =>
            n.StartsWith("The target 'landing' is 1 commit behind")
        );
        Assert.Contains(command ?? "brought up before the first worker", notice, StringComparison.Ordinal);
        string[] files = (await rig.GitAsync("ls-tree", "--name-only", "landing")).Split('\n');
        Assert.Equal(follow, files.Contains("n.txt"));
        Assert.Equal(hasWork, files.Contains("landed.txt"));
        Assert.Contains("a.txt", files);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_target_that_collides_with_what_it_follows_is_not_moved_and_nothing_starts()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await rig.GitAsync("checkout", "-q", "-b", "landing");
        string landed = await rig.Repository.CommitAsync("L", new Dictionary<string, string> { ["n.txt"] = "l\n" });
        await rig.GitAsync("checkout", "-q", "main");
        await rig.Repository.CommitAsync("News", new Dictionary<string, string> { ["n.txt"] = "n\n" });
        await using IsolationPipeline pipeline = rig.Compose()
            .Target("landing", from: "main", follow: true)
            .RunWith((_, _) => throw new InvalidOperationException("must not run"))
            .Build();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);

        IsolationConfigurationException refused = await Assert.ThrowsAsync<IsolationConfigurationException>(() =>
            run.Completion
        );
        Assert.Contains("the two collide in n.txt", refused.Message, StringComparison.Ordinal);
        Assert.Equal(landed, await rig.GitAsync("rev-parse", "landing"));
    }
}
