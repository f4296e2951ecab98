using Isolation.Sdk.Leases;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Scheduling;

public sealed class RunTests
{
    [IsolationFact(Tier = Tier.Ci)]
    public async Task Independent_items_run_side_by_side_and_all_land()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        AsyncBarrier together = new(3);
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await together.SignalAndWaitAsync(token); // Ends only if all three are running at once.
                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("a"),
            PipelineFixture.Item("b"),
            PipelineFixture.Item("c"),
        ]);
        IsolationSummary summary = await run.Completion;

        Assert.Equal(3, summary.Count(ItemOutcome.Landed));
        string[] landed = (await rig.GitAsync("ls-tree", "--name-only", PipelineFixture.Target)).Split('\n');
        Assert.Equal(["README.md", "a.txt", "b.txt", "c.txt"], landed);
    }

    [IsolationFact]
    public async Task A_dependent_starts_from_a_base_that_contains_its_blocker()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        bool seen = false;
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    seen |= worker.Item.Id == "second" && File.Exists(Path.Combine(worker.Workspace.Path, "first.txt"));
                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("second", "first"),
            PipelineFixture.Item("first"),
        ]);
        IsolationSummary summary = await run.Completion;

        Assert.Equal(["first", "second"], summary.Items.Select(i => i.Item.Id));
        Assert.True(seen);
    }

    [IsolationFact]
    public async Task A_failure_is_the_failed_items_own_and_its_dependents()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                (worker, token) =>
                    worker.Item.Id == "bad"
                        ? throw new InvalidOperationException("boom")
                        : PipelineFixture.WriteAndCommitAsync(worker, token)
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("bad"),
            PipelineFixture.Item("after", "bad"),
            PipelineFixture.Item("good"),
        ]);
        Dictionary<string, WorkItemResult> results = (await run.Completion).Items.ToDictionary(i => i.Item.Id);

        Assert.Equal(ItemOutcome.Failed, results["bad"].Outcome);
        Assert.Contains("boom", results["bad"].Reason, StringComparison.Ordinal);
        Assert.Equal(ItemOutcome.Skipped, results["after"].Outcome);
        Assert.Contains("bad", results["after"].Reason, StringComparison.Ordinal);
        Assert.Equal(ItemOutcome.Landed, results["good"].Outcome);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_conflict_is_a_value_that_names_file_and_opponent()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        AsyncBarrier together = new(2);
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await together.SignalAndWaitAsync(token);
                    await PipelineFixture.CommitAsync(worker, "README.md", $"# {worker.Item.Id}\n", token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("one"), PipelineFixture.Item("two")]);
        IsolationSummary summary = await run.Completion;

        WorkItemResult winner = Assert.Single(summary.Items, i => i.Outcome == ItemOutcome.Landed);
        WorkItemResult loser = Assert.Single(summary.Items, i => i.Outcome == ItemOutcome.Conflicted);
        Assert.Equal("README.md", Assert.Single(loser.Merge!.Conflict!.Files).Path);
        Assert.Equal(winner.Item.Id, Assert.Single(loser.Merge.Conflict.With));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_retry_is_a_new_attempt_in_a_new_workspace_that_is_told_why()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        List<string> paths = [],
            briefings = [];
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxAttempts = 2)
            .RunWith(
                async (worker, token) =>
                {
                    paths.Add(worker.Workspace.Path);
                    briefings.Add(worker.Context.Briefing);
                    return paths.Count == 1
                        ? new RunResult.Failed("the moon was in the wrong place")
                        : await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("again")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal(ItemOutcome.Landed, result.Outcome);
        Assert.Equal([1, 2], result.Attempts.Select(a => a.Attempt.Number));
        Assert.Equal(2, paths.Distinct().Count());
        Assert.DoesNotContain("moon", briefings[0], StringComparison.Ordinal);
        Assert.Contains("moon", briefings[1], StringComparison.Ordinal);
    }

    [IsolationFact]
    public async Task Leftovers_of_a_crashed_worker_are_pinned_before_its_workspace_goes()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await File.WriteAllTextAsync(Path.Combine(worker.Workspace.Path, "half.txt"), "half done", token);
                    throw new InvalidOperationException("crash");
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("crash")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        string commit = Assert.Single(result.Attempts).Commit!;
        Assert.Equal("half done", await rig.GitAsync("show", $"{commit}:half.txt"));
        Assert.Equal(commit, await rig.GitAsync("rev-parse", "refs/isolation/attempts/crash/1"));
        Assert.False(Directory.Exists(Path.Combine(rig.Workers, "crash.1", "work")));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Cancelling_yields_every_unfinished_item_and_then_throws_with_the_callers_token()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using CancellationTokenSource cancel = new();
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxWorkers = 1)
            .RunWith(
                async (worker, token) =>
                {
                    await cancel.CancelAsync();
                    await Task.Delay(Timeout.Infinite, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start(
            [PipelineFixture.Item("a"), PipelineFixture.Item("b")],
            cancel.Token
        );
        List<WorkItemResult> seen = [];
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (WorkItemResult result in run)
            {
                seen.Add(result);
            }
        });

        Assert.Equal(cancel.Token, thrown.CancellationToken);
        Assert.Equal(["a", "b"], seen.Select(r => r.Item.Id).Order());
        Assert.All(seen, r => Assert.Equal(ItemOutcome.Cancelled, r.Outcome));
        Assert.True((await run.Completion).Cancelled);
        Assert.Single(
            (await rig.GitAsync("worktree", "list", "--porcelain")).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        );
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_worker_that_hangs_is_timed_out_and_disturbs_nobody()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        TaskCompletionSource never = new();
        await using IsolationPipeline pipeline = rig.Compose(o =>
                (o.AttemptTimeout, o.StopGrace) = (TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(100))
            )
            .RunWith(
                async (worker, token) =>
                {
                    if (worker.Item.Id == "hang")
                    {
                        await never.Task; // Listens to nothing.
                    }

                    await PipelineFixture.WriteAndCommitAsync(worker, CancellationToken.None);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("hang"), PipelineFixture.Item("fine")]);
        Dictionary<string, ItemOutcome> outcomes = (await run.Completion).Items.ToDictionary(
            i => i.Item.Id,
            i => i.Outcome
        );

        Assert.Equal(ItemOutcome.TimedOut, outcomes["hang"]);
        Assert.Equal(ItemOutcome.Landed, outcomes["fine"]);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_stream_of_items_runs_as_they_come()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        TaskCompletionSource firstRan = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    firstRan.TrySetResult();
                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        async IAsyncEnumerable<WorkItem> Items()
        {
            yield return PipelineFixture.Item("one");
            await firstRan.Task; // The second one comes only once the first one runs.
            yield return PipelineFixture.Item("two", "one");
        }

        await using IsolationRun run = pipeline.Start(Items());
        IsolationSummary summary = await run.Completion;

        Assert.Equal(2, summary.Count(ItemOutcome.Landed));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Nothing_is_left_but_logs_and_pinned_attempts()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using (IsolationPipeline pipeline = rig.Compose().RunWith(PipelineFixture.WriteAndCommitAsync).Build())
        {
            await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a"), PipelineFixture.Item("b")]);
            await run.Completion;
        }

        Assert.Equal(["a.1.log", "b.1.log"], Directory.GetFiles(rig.Workers, "*.log").Select(Path.GetFileName).Order());
        Assert.DoesNotContain(Directory.GetDirectories(rig.Workers), d => !Path.GetFileName(d).StartsWith('.'));
        Assert.Equal(2, (await rig.GitAsync("worktree", "list", "--porcelain")).Split("worktree ").Length);
        Assert.Empty(Directory.GetFiles(Path.Combine(rig.Repository.Path, ".git", "isolation", "leases")));
        string[] refs = (await rig.GitAsync("for-each-ref", "--format=%(refname)")).Split('\n');
        Assert.Equal(
            ["refs/heads/landing", "refs/heads/main", "refs/isolation/attempts/a/1", "refs/isolation/attempts/b/1"],
            refs
        );
    }

    [IsolationFact]
    public async Task What_a_worker_left_running_is_over_before_its_work_is_taken()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        int left = 0;
        bool? alive = null;
        await using IsolationPipeline pipeline = rig.Compose()
            .Workspaces.Decorate(
                (inner, _) =>
                    new LookingBeforeCapture(inner, () =>
                        alive =
                            File.Exists($"/proc/{left}/stat")
                            && File.ReadAllText($"/proc/{left}/stat").Split(' ')[2] != "Z"
                    )
            )
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "own.txt", "mine\n", token);
                    left = (await worker.StartAsync(new WorkerCommand("sleep", ["1000"]), token)).Id;
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);

        Assert.Equal(ItemOutcome.Landed, Assert.Single((await run.Completion).Items).Outcome);
        Assert.False(alive);
    }

    private sealed class LookingBeforeCapture(IWorkspaceProvider inner, Action look) : IWorkspaceProvider
    {
        public ValueTask<ProbeResult> ProbeAsync(
            RepositoryRef repository,
            CancellationToken cancellationToken = default
        ) => inner.ProbeAsync(repository, cancellationToken);

        public async ValueTask<IWorkspace> AcquireAsync(
            WorkspaceRequest request,
            CancellationToken cancellationToken = default
        ) => new Workspace(await inner.AcquireAsync(request, cancellationToken), look);

        public ValueTask<IWorkspace?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default) =>
            inner.ReopenAsync(record, cancellationToken);

        private sealed class Workspace(IWorkspace inner, Action look) : IWorkspace
        {
            public WorkspaceInfo Info => inner.Info;

            public ValueTask<Capture> CaptureAsync(IStateScope scope, CancellationToken cancellationToken = default)
            {
                look();
                return inner.CaptureAsync(scope, cancellationToken);
            }

            public ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default) =>
                inner.ReleaseAsync(mode, cancellationToken);

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
