using Isolation.Sdk.Cleanup;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Cleanup;

public sealed class CleanTests
{
    [IsolationFact(Tier = Tier.Ci)]
    public async Task Records_of_landed_work_are_planned_first_and_removed_then()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                (worker, token) =>
                    worker.Item.Id == "bad"
                        ? BadAsync(worker, token)
                        : PipelineFixture.WriteAndCommitAsync(worker, token)
            )
            .Build();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("good"), PipelineFixture.Item("bad")]);
        await run.Completion;

        IReadOnlyList<CleanItem> plan = await pipeline.PlanCleanAsync();
        IReadOnlyList<CleanItem> done = await pipeline.CleanAsync(plan);

        Assert.Equal(["good.1"], plan.Select(i => i.Attempt.ToString()));
        Assert.Equal(plan, done);
        Assert.Equal(
            "refs/isolation/attempts/bad/1",
            await rig.GitAsync("for-each-ref", "--format=%(refname)", "refs/isolation/")
        );
        Assert.Equal(["bad.1.log"], Directory.GetFiles(rig.Workers, "*.log").Select(Path.GetFileName));

        static async Task<RunResult> BadAsync(IsolatedWorker worker, CancellationToken token)
        {
            await PipelineFixture.CommitAsync(worker, "bad.txt", "bad\n", token);
            return new RunResult.Failed("no", Retryable: false);
        }
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_number_whose_record_was_cleaned_away_is_never_issued_again()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) => await PipelineFixture.CommitAsync(worker, "a.txt", $"by {worker.Id}\n", token)
            )
            .Build();
        await using (IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]))
        {
            await run.Completion;
        }

        await pipeline.CleanAsync(await pipeline.PlanCleanAsync());
        await using IsolationRun again = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await again.Completion).Items);

        Assert.Equal(
            (new AttemptId("a", 2), ItemOutcome.Landed),
            (Assert.Single(result.Attempts).Attempt, result.Outcome)
        );
        Assert.Equal("by a.2", await rig.GitAsync("show", $"{PipelineFixture.Target}:a.txt"));
    }

    [IsolationFact]
    public async Task An_attempt_that_is_just_beginning_is_no_record_of_landed_work()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await rig.GitAsync("branch", PipelineFixture.Target);
        // Issued; the lease comes next.
        await rig.GitAsync("update-ref", "refs/isolation/attempts/beginning/1", "HEAD");
        await using IsolationPipeline pipeline = rig.Compose().RunWith((_, _) => Task.CompletedTask).Build();

        Assert.Empty((await pipeline.PlanCleanAsync()));
    }

    [IsolationFact]
    public async Task What_a_dead_host_left_is_planned_and_removed_and_unpinned_work_is_kept()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        foreach (string item in new[] { "idle", "dirty" })
        {
            await AbandonAsync(rig, new AttemptId(item, 1), write: item == "dirty");
        }

        await using IsolationPipeline pipeline = rig.Compose().RunWith((_, _) => Task.CompletedTask).Build();
        IReadOnlyList<CleanItem> plan = await pipeline.PlanCleanAsync();
        IReadOnlyList<CleanItem> done = await pipeline.CleanAsync(plan);

        Assert.Equal(["dirty.1", "idle.1"], plan.Select(i => i.Attempt.ToString()).Distinct().Order());
        Assert.True(
            done.Single(i =>
                i.Attempt.Item == "dirty" && i.What.StartsWith("workspace", StringComparison.Ordinal)
            ).IsKept
        );
        Assert.True(File.Exists(Path.Combine(rig.Workers, "dirty.1", "work", "unsaved.txt")));
        Assert.False(Directory.Exists(Path.Combine(rig.Workers, "idle.1", "work")));
    }

    /// <summary>
    /// What is left when a host is killed between acquiring and capturing: everything, and a lease that nobody holds.
    /// </summary>
    private static async Task AbandonAsync(PipelineFixture rig, AttemptId attempt, bool write)
    {
        string head = await rig.GitAsync("rev-parse", "HEAD");
        await rig.GitAsync("update-ref", $"refs/isolation/attempts/{attempt.Item}/{attempt.Number}", head);
        RepositoryRef repository = new(rig.Repository.Path);
        using AttemptLease lease = new LeaseStore(
            Path.Combine(rig.Repository.Path, ".git"),
            repository,
            TimeProvider.System
        ).Create(attempt);
        await using GitWorktreeProvider provider = new(new WorkspaceOptions(), TimeProvider.System);
        IWorkspace workspace = await provider.AcquireAsync(new WorkspaceRequest(lease, repository, head));
        await new ProcessSandbox(new ProcessSandboxOptions()).OpenAsync(
            new StateRequest(lease, repository, workspace.Info)
        );
        if (write)
        {
            await File.WriteAllTextAsync(Path.Combine(workspace.Info.Path, "unsaved.txt"), "precious");
        }
    }
}
