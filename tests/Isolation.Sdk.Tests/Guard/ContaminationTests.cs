using Isolation.Sdk.Cleanup;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Guard;

public sealed class ContaminationTests
{
    [IsolationFact]
    public async Task A_worker_that_moves_anothers_branch_is_quarantined_and_its_victim_tries_again()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        TaskCompletionSource<string> branch = new(TaskCreationOptions.RunContinuationsAsynchronously),
            moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxAttempts = 2)
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, $"{worker.Item.Id}.txt", "mine\n", token);
                    if (worker.Id == new AttemptId("victim", 1))
                    {
                        branch.SetResult(worker.Workspace.Branch!);
                        await moved.Task.WaitAsync(token);
                        // Carries on, on somebody else's commit.
                        await PipelineFixture.GitAsync(worker, token, "reset", "-q", "--hard", "HEAD");
                    }
                    else if (worker.Item.Id == "offender")
                    {
                        string victim = $"refs/heads/{await branch.Task.WaitAsync(token)}";
                        string was = await PipelineFixture.GitAsync(worker, token, "rev-parse", victim);
                        await PipelineFixture.GitAsync(worker, token, "update-ref", victim, "HEAD");
                        moved.SetResult(was);
                    }
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("victim"),
            PipelineFixture.Item("offender"),
        ]);
        Dictionary<string, WorkItemResult> results = (await run.Completion).Items.ToDictionary(i => i.Item.Id);

        Assert.Equal(ItemOutcome.Quarantined, results["offender"].Outcome);
        Assert.Contains("refs/heads/isolation/victim/1/work", results["offender"].Reason, StringComparison.Ordinal);
        // With a second attempt: the first one stood on somebody else's commit.
        Assert.Equal(ItemOutcome.Landed, results["victim"].Outcome);
        Assert.Equal(2, results["victim"].Attempts.Count);
        Assert.DoesNotContain(
            "offender.txt",
            await rig.GitAsync("ls-tree", "--name-only", PipelineFixture.Target),
            StringComparison.Ordinal
        );
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData("config", "config", "user.email", "evil@example.org")]
    [InlineData("refs/stash", "stash-like")]
    [InlineData("refs/tags/v1", "tag", "v1")]
    [InlineData("refs/heads/stolen", "branch", "stolen")]
    [InlineData("refs/heads/main", "update-ref", "refs/heads/main", "HEAD")]
    [InlineData("refs/heads/landing", "update-ref", "refs/heads/landing", "HEAD")]
    [InlineData("hooks/pre-commit", "hook")]
    [InlineData("info/exclude", "exclude")]
    [InlineData("checkout", "checkout-file")]
    public async Task What_a_worker_does_not_own_is_watched(string named, params string[] deed)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .Guard(o => o.HoldUnattributed = true)
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "own.txt", "mine\n", token);
                    string git = Path.Combine(rig.Repository.Path, ".git");
                    switch (deed[0])
                    {
                        case "stash-like":
                            await File.AppendAllTextAsync(
                                Path.Combine(worker.Workspace.Path, "own.txt"),
                                "more\n",
                                token
                            );
                            await PipelineFixture.GitAsync(worker, token, "stash");
                            break;
                        case "hook":
                            Directory.CreateDirectory(Path.Combine(git, "hooks"));
                            await File.WriteAllTextAsync(
                                Path.Combine(git, "hooks", "pre-commit"),
                                "#!/bin/sh\n",
                                token
                            );
                            break;
                        case "exclude":
                            Directory.CreateDirectory(Path.Combine(git, "info"));
                            await File.AppendAllTextAsync(Path.Combine(git, "info", "exclude"), "*.secret\n", token);
                            break;
                        case "checkout-file":
                            await File.WriteAllTextAsync(
                                Path.Combine(rig.Repository.Path, "README.md"),
                                "overwritten\n",
                                token
                            );
                            break;
                        default:
                            await PipelineFixture.GitAsync(worker, token, deed);
                            break;
                    }
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("offender")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal((ItemOutcome.Quarantined, result.Reason), (result.Outcome, result.Reason));
        Assert.Contains(named, result.Reason, StringComparison.Ordinal);
        Assert.NotNull(Assert.Single(result.Attempts).KeptWorkspace);
    }

    [IsolationFact("sh")]
    public async Task A_process_that_outlives_its_run_is_ended_before_anyone_looks()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string gate = Path.Combine(rig.Repository.Root, "gate"),
            tagged = Path.Combine(rig.Repository.Root, "tagged");
        int left = 0;
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "own.txt", "mine\n", token);
                    // Waits for a file that comes when the worker has landed, then writes what is not its own.
                    left = (
                        await worker.StartAsync(
                            new WorkerCommand(
                                "sh",
                                ["-c", $"until [ -e '{gate}' ]; do sleep 0.05; done; git tag late; touch '{tagged}'"]
                            ),
                            token
                        )
                    ).Id;
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);
        await File.WriteAllTextAsync(gate, "");

        Assert.Equal(ItemOutcome.Landed, result.Outcome);
        Assert.False(Directory.Exists($"/proc/{left}"));
        Assert.False(File.Exists(tagged));
    }

    [IsolationFact]
    public async Task A_host_that_commits_in_its_checkout_is_not_taken_for_a_worker()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "own.txt", "mine\n", token);
                    await rig.Repository.CommitAsync(
                        "By hand",
                        new Dictionary<string, string> { ["hand.txt"] = "by hand" },
                        token
                    );
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);

        Assert.Equal(ItemOutcome.Landed, Assert.Single((await run.Completion).Items).Outcome);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Evidence_is_kept_by_a_clean_up()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .Guard(o => o.HoldUnattributed = true)
            .RunWith(async (worker, token) => await PipelineFixture.GitAsync(worker, token, "tag", "v1"))
            .Build();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("offender")]);
        string kept = Assert.Single(Assert.Single((await run.Completion).Items).Attempts).KeptWorkspace!;

        IReadOnlyList<CleanItem> done = await pipeline.CleanAsync(await pipeline.PlanCleanAsync());

        Assert.True(Assert.Single(done).IsKept);
        Assert.True(File.Exists(Path.Combine(kept, "README.md")));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Honest_workers_side_by_side_are_not_suspected()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, $"{worker.Item.Id}.txt", "one\n", token);
                    await PipelineFixture.GitAsync(worker, token, "commit", "--amend", "-q", "-m", "amended");
                    await PipelineFixture.GitAsync(worker, token, "checkout", "-q", "--detach");
                    await PipelineFixture.GitAsync(worker, token, "checkout", "-q", worker.Workspace.Branch!);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            .. Enumerable.Range(0, 12).Select(n => PipelineFixture.Item($"w{n}")),
        ]);
        IsolationSummary summary = await run.Completion;

        Assert.All(summary.Items, i =>
            Assert.Equal((i.Item.Id, ItemOutcome.Landed, null), (i.Item.Id, i.Outcome, i.Reason))
        );
    }

    [IsolationFact]
    public async Task A_host_that_works_in_its_checkout_may_say_so()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "own.txt", "mine\n", token);
                    await File.WriteAllTextAsync(
                        Path.Combine(rig.Repository.Path, "README.md"),
                        "edited by its owner\n",
                        token
                    );
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);

        Assert.Equal(ItemOutcome.Landed, Assert.Single((await run.Completion).Items).Outcome);
    }
}
