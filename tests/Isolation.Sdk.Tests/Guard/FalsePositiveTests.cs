using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Guard;

/// <summary>What is nobody's contamination, or somebody else's: a worker is not quarantined for it.</summary>
public sealed class FalsePositiveTests
{
    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_sibling_whose_setup_fails_leaves_no_suspicion_behind()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        TaskCompletionSource bystands = NewSignal(),
            over = NewSignal();
        string pipe = Path.Combine(rig.Repository.Path, ".git", "a-pipe");
        await using IsolationPipeline pipeline = rig.Compose()
            .Setup("sh", "-c", $"case $PWD in *failing*) cat '{pipe}'; exit 1;; esac")
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, $"{worker.Item.Id}.txt", "mine\n", token);
                    if (worker.Item.Id == "bystander")
                    {
                        await worker.ExecAsync(new WorkerCommand("mkfifo", [pipe]), token);
                        bystands.SetResult();
                        await over.Task.WaitAsync(token);
                    }
                    else
                    {
                        // Its start was a look at the repository, with the failing one's branch in it.
                        await worker.ExecAsync(new WorkerCommand("sh", ["-c", $"echo go > '{pipe}'"]), token);
                    }
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start(Feed());
        await foreach (WorkItemResult result in run)
        {
            if (result.Item.Id == "failing")
            {
                Assert.Equal(ItemOutcome.Failed, result.Outcome);
                over.SetResult();
            }
        }

        Dictionary<string, WorkItemResult> results = (await run.Completion).Items.ToDictionary(i => i.Item.Id);
        Assert.Equal((ItemOutcome.Landed, null), (results["bystander"].Outcome, results["bystander"].Reason));

        async IAsyncEnumerable<WorkItem> Feed()
        {
            yield return PipelineFixture.Item("bystander");
            await bystands.Task;
            yield return PipelineFixture.Item("failing");
            yield return PipelineFixture.Item("third");
        }
    }

    [IsolationTheory(Tier = Tier.Ci)]
    [InlineData("refs/prefetch/remotes/origin/main")]
    [InlineData("refs/jj/keep/1")]
    [InlineData("refs/gitbutler/workspace")]
    [InlineData("refs/branchless/main")]
    public async Task What_maintenance_and_other_tools_keep_for_themselves_is_nobodys_contamination(string name)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, $"{worker.Item.Id}.txt", "mine\n", token);
                    await rig.GitAsync("update-ref", name, "main");
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a"), PipelineFixture.Item("b")]);

        Assert.All((await run.Completion).Items, i => Assert.Equal((ItemOutcome.Landed, null), (i.Outcome, i.Reason)));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_checkout_that_the_queue_moves_along_is_the_queues_doing()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        TaskCompletionSource both = NewSignal(),
            landed = NewSignal();
        await using IsolationPipeline pipeline = rig.Compose()
            .Target("main")
            .Merging.UseFirstWins(o => o.FastForwardCheckout = true)
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, $"{worker.Item.Id}.txt", "mine\n", token);
                    if (worker.Item.Id == "late")
                    {
                        both.SetResult();
                        await landed.Task.WaitAsync(token);
                    }
                    else
                    {
                        await both.Task.WaitAsync(token);
                    }
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("late"), PipelineFixture.Item("early")]);
        await foreach (WorkItemResult result in run)
        {
            Assert.Equal((result.Item.Id, ItemOutcome.Landed, null), (result.Item.Id, result.Outcome, result.Reason));
            landed.TrySetResult();
        }

        Assert.True(File.Exists(Path.Combine(rig.Repository.Path, "late.txt")));
        Assert.Empty(await rig.GitAsync("status", "--porcelain"));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Two_pipelines_on_one_repository_do_not_suspect_each_other()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        TaskCompletionSource waits = NewSignal(),
            over = NewSignal();
        await using IsolationPipeline slow = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "slow.txt", "mine\n", token);
                    waits.SetResult();
                    await over.Task.WaitAsync(token);
                }
            )
            .Build();
        await using IsolationPipeline quick = rig.Compose().RunWith(PipelineFixture.WriteAndCommitAsync).Build();
        await using IsolationPipeline held = rig.Compose()
            .Merging.UseManual()
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();

        await using IsolationRun first = slow.Start([PipelineFixture.Item("slow")]);
        await waits.Task;
        await using IsolationRun second = quick.Start([PipelineFixture.Item("a"), PipelineFixture.Item("b", "a")]);
        IsolationSummary others = await second.Completion;
        await using IsolationRun third = held.Start([PipelineFixture.Item("waits")]);
        await third.Completion;
        over.SetResult();

        Assert.All(others.Items, i => Assert.Equal((ItemOutcome.Landed, null), (i.Outcome, i.Reason)));
        WorkItemResult result = Assert.Single((await first.Completion).Items);
        Assert.Equal((ItemOutcome.Landed, null), (result.Outcome, result.Reason));
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData("a branch it went to")]
    [InlineData("its stash")]
    [InlineData("its branch, renamed")]
    [InlineData("its sparse checkout")]
    public async Task A_branch_that_a_worker_went_to_and_its_stash_hold_nobody(string deed)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        TaskCompletionSource bystands = NewSignal(),
            done = NewSignal();
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, $"{worker.Item.Id}.txt", "mine\n", token);
                    if (worker.Item.Id == "bystander")
                    {
                        bystands.SetResult();
                        await done.Task.WaitAsync(token);
                        return;
                    }

                    await bystands.Task.WaitAsync(token);
                    if (deed == "its stash")
                    {
                        await File.AppendAllTextAsync(
                            Path.Combine(worker.Workspace.Path, "offender.txt"),
                            "more\n",
                            token
                        );
                        await PipelineFixture.GitAsync(worker, token, "stash");
                    }
                    else if (deed == "its branch, renamed")
                    {
                        await PipelineFixture.GitAsync(worker, token, "branch", "-m", "fix/offender");
                    }
                    else if (deed == "its sparse checkout")
                    {
                        await PipelineFixture.GitAsync(worker, token, "sparse-checkout", "set", "src");
                    }
                    else
                    {
                        await PipelineFixture.GitAsync(worker, token, "checkout", "-q", "-b", "feature/offender");
                    }
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("bystander"),
            PipelineFixture.Item("offender"),
        ]);
        await foreach (WorkItemResult result in run)
        {
            Assert.Equal((result.Item.Id, ItemOutcome.Landed, null), (result.Item.Id, result.Outcome, result.Reason));
            done.TrySetResult();
        }
    }

    [IsolationFact]
    public async Task Who_may_work_in_the_checkout_may_commit_there()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "own.txt", "mine\n", token);
                    await rig.GitAsync("commit", "-q", "--allow-empty", "-m", "by a human");
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal((ItemOutcome.Landed, null), (result.Outcome, result.Reason));
    }

    [IsolationFact]
    public async Task A_look_that_fails_lets_nothing_merge_and_still_gives_everything_back()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await rig.GitAsync(
            "update-index",
            "--add",
            "--cacheinfo",
            $"160000,{await rig.GitAsync("rev-parse", "HEAD")},module"
        );
        await using IsolationPipeline pipeline = rig.Compose()
            .Guard(o => o.HoldUnattributed = true)
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "own.txt", "mine\n", token);
                    // With a module, git status refuses it.
                    await File.WriteAllTextAsync(Path.Combine(rig.Repository.Path, ".gitmodules"), "[broken", token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal(ItemOutcome.Failed, result.Outcome);
        Assert.Equal(Stage.Inspect, Assert.Single(result.Attempts).FailedIn);
        Assert.NotNull(result.Attempts[0].Commit);
        Assert.False(Directory.Exists(Path.Combine(rig.Workers, "a.1")));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_workers_do_in_repositories_of_their_own_is_nobodys_business()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .Guard(o => o.Restore = true)
            .Workspaces.UsePrivateClones()
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, $"{worker.Item.Id}.txt", "mine\n", token);
                    await File.AppendAllTextAsync(
                        Path.Combine(worker.Workspace.Path, $"{worker.Item.Id}.txt"),
                        "more\n",
                        token
                    );
                    foreach (
                        string[] deed in new string[][]
                        {
                            ["stash"],
                            ["tag", "v1"],
                            ["config", "user.email", "own@example.org"],
                            ["fetch", "-q", rig.Repository.Path],
                            ["gc", "-q", "--auto"],
                            ["pack-refs", "--all"],
                            ["stash", "pop", "-q"],
                            ["commit", "-q", "-a", "-m", "More"],
                        }
                    )
                    {
                        await PipelineFixture.GitAsync(worker, token, deed);
                    }
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("a"),
            PipelineFixture.Item("b"),
            PipelineFixture.Item("c"),
        ]);
        IsolationSummary summary = await run.Completion;

        Assert.All(summary.Items, i =>
            Assert.Equal((i.Item.Id, ItemOutcome.Landed, null), (i.Item.Id, i.Outcome, i.Reason))
        );
        Assert.All(summary.Items, i => Assert.Empty(Assert.Single(i.Attempts).Contamination));
    }

    [IsolationFact]
    public async Task What_a_person_or_a_tool_does_meanwhile_is_reported_and_holds_nobody()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        AsyncBarrier both = new(2),
            done = new(2);
        string[][] deeds =
        [
            ["commit", "-q", "--allow-empty", "-m", "by a person"],
            ["tag", "v1"],
            ["branch", "idea"],
            ["remote", "add", "origin", "/nowhere"],
            ["worktree", "add", "-q", "-b", "hotfix", Path.Combine(rig.Repository.Root, "hotfix")],
            ["stash", "-u"],
            ["config", "user.email", "agent@example.org"],
            ["config", "core.hooksPath", ".husky/_"],
        ];
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await both.SignalAndWaitAsync(token);
                    if (worker.Item.Id == "a")
                    {
                        await File.WriteAllTextAsync(Path.Combine(rig.Repository.Path, "notes.txt"), "x", token);
                        string hooks = Path.Combine(rig.Repository.Path, ".git", "hooks");
                        Directory.CreateDirectory(hooks);
                        await File.WriteAllTextAsync(Path.Combine(hooks, "pre-commit"), "#!/bin/sh\nexit 1\n", token);
                        foreach (string[] deed in deeds)
                        {
                            await rig.GitAsync(deed);
                        }

                        await File.WriteAllTextAsync(Path.Combine(rig.Repository.Path, "notes.txt"), "y", token);
                    }

                    await done.SignalAndWaitAsync(token);
                    await PipelineFixture.CommitAsync(worker, $"{worker.Item.Id}.txt", "mine\n", token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a"), PipelineFixture.Item("b")]);
        IsolationSummary summary = await run.Completion;

        Assert.All(summary.Items, i =>
            Assert.Equal((i.Item.Id, ItemOutcome.Landed, null), (i.Item.Id, i.Outcome, i.Reason))
        );
        string[] named =
        [
            "checkout: notes.txt",
            "refs/heads/main changed from",
            "refs/tags/v1 appeared",
            "refs/heads/idea appeared",
            "config remote.origin.url was set to '/nowhere'",
            "refs/heads/hotfix appeared",
            "refs/stash appeared",
            "config user.email was set to 'agent@example.org'",
            "config core.hookspath was set to '.husky/_'",
            "hooks/pre-commit appeared (+'#!/bin/sh', +'exit 1')",
        ];
        Assert.All(summary.Items, i =>
            Assert.All(named, n =>
                Assert.Contains(i.LastAttempt!.Notices, s => s.StartsWith(n, StringComparison.Ordinal))
            )
        );
        Assert.NotEqual(
            "agent@example.org",
            await rig.GitAsync("log", "-1", "--format=%ae", "refs/isolation/attempts/b/1")
        );
    }

    [IsolationFact]
    public async Task What_can_change_everybodys_work_is_repeated_and_says_what_that_costs()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        AsyncBarrier both = new(2),
            done = new(2);
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxAttempts = 2)
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, $"{worker.Item.Id}.txt", "mine\n", token);
                    if (worker.Id.Number == 1)
                    {
                        await both.SignalAndWaitAsync(token);
                        if (worker.Item.Id == "a")
                        {
                            await rig.GitAsync("config", "core.autocrlf", "input");
                        }

                        await done.SignalAndWaitAsync(token);
                    }
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a"), PipelineFixture.Item("b")]);
        IsolationSummary summary = await run.Completion;

        Assert.All(summary.Items, i =>
        {
            Assert.Equal((ItemOutcome.Landed, 2), (i.Outcome, i.Attempts.Count));
            Assert.True(i.Attempts[0].IsVictim);
            Assert.StartsWith(
                "config core.autocrlf was set to 'input'",
                Assert.Single(i.Attempts[0].Contamination),
                StringComparison.Ordinal
            );
        });
        Assert.Contains(
            "of work are thrown away",
            await File.ReadAllTextAsync(Path.Combine(rig.Workers, "a.1.log")),
            StringComparison.Ordinal
        );
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
