using Isolation.Sdk.Cleanup;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Composition;

/// <summary>Runs whose workers have a repository of their own.</summary>
public sealed class CloneRunTests
{
    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_a_workers_git_does_in_its_own_repository_holds_nobody()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        AsyncBarrier all = new(4);
        const IsolationGuarantees Own =
            IsolationGuarantees.Files
            | IsolationGuarantees.Refs
            | IsolationGuarantees.GitConfig
            | IsolationGuarantees.Hooks
            | IsolationGuarantees.Stash;
        await using IsolationPipeline pipeline = rig.Compose()
            .Workspaces.UsePrivateClones()
            .Require(@sealed: Own)
            .RunWith(
                async (worker, token) =>
                {
                    string own = $"{worker.Item.Id}.txt";
                    await PipelineFixture.CommitAsync(worker, own, "committed\n", token);
                    await all.SignalAndWaitAsync(token);
                    await File.WriteAllTextAsync(
                        Path.Combine(worker.Workspace.Path, own),
                        $"stashed by {worker.Item.Id}\n",
                        token
                    );
                    await PipelineFixture.GitAsync(worker, token, "stash", "push", "-q");
                    await PipelineFixture.GitAsync(
                        worker,
                        token,
                        "config",
                        "user.email",
                        $"{worker.Item.Id}@example.org"
                    );
                    await PipelineFixture.GitAsync(worker, token, "tag", "v1");
                    await PipelineFixture.GitAsync(worker, token, "branch", "idea");
                    await PipelineFixture.GitAsync(worker, token, "notes", "add", "-m", worker.Item.Id);
                    await PipelineFixture.GitAsync(worker, token, "gc", "--quiet", "--prune=now");
                    await PipelineFixture.GitAsync(worker, token, "stash", "pop", "-q");
                    await PipelineFixture.GitAsync(worker, token, "commit", "-qam", "Popped");
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            .. Enumerable.Range(0, 4).Select(n => PipelineFixture.Item($"w{n}")),
        ]);
        IsolationSummary summary = await run.Completion;

        Assert.All(summary.Items, i =>
            Assert.Equal((i.Item.Id, ItemOutcome.Landed, null), (i.Item.Id, i.Outcome, i.Reason))
        );
        foreach (int n in Enumerable.Range(0, 4))
        {
            Assert.Equal($"stashed by w{n}", await rig.GitAsync("show", $"{PipelineFixture.Target}:w{n}.txt"));
            Assert.Equal(
                $"w{n}@example.org",
                await rig.GitAsync("log", "-1", "--format=%ce", $"refs/isolation/attempts/w{n}/1")
            );
            string parent = await rig.GitAsync("rev-parse", $"refs/isolation/attempts/w{n}/1^");
            Assert.Equal($"w{n}", await rig.GitAsync("show", $"refs/isolation/extra/w{n}/1/notes/commits:{parent}"));
        }

        Assert.Equal(
            "refs/heads/landing refs/heads/main",
            (
                await rig.GitAsync(
                    "for-each-ref",
                    "--format=%(refname)",
                    "refs/heads",
                    "refs/tags",
                    "refs/stash",
                    "refs/notes"
                )
            ).Replace('\n', ' ')
        );
        Assert.DoesNotContain(Directory.GetDirectories(rig.Workers), d => Path.GetFileName(d)[0] != '.');
        await rig.GitAsync("fsck", "--no-dangling");
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Who_writes_into_the_shared_repository_all_the_same_is_found()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .Workspaces.UsePrivateClones()
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "own.txt", "mine\n", token);
                    await PipelineFixture.GitAsync(
                        worker,
                        token,
                        "-C",
                        rig.Repository.Path,
                        "branch",
                        worker.Workspace.Branch!
                    ); // Its own name, and not its own there.
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("offender")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal(ItemOutcome.Quarantined, result.Outcome);
        Assert.Contains("refs/heads/isolation/offender/1/work", result.Reason, StringComparison.Ordinal);
        Assert.NotNull(Assert.Single(result.Attempts).KeptWorkspace);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Of_two_that_change_one_file_the_second_gets_the_conflict()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        AsyncBarrier both = new(2);
        await using IsolationPipeline pipeline = rig.Compose()
            .Workspaces.UsePrivateClones()
            .RunWith(
                async (worker, token) =>
                {
                    await both.SignalAndWaitAsync(token);
                    await PipelineFixture.CommitAsync(worker, "same.txt", $"by {worker.Item.Id}\n", token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a"), PipelineFixture.Item("b")]);
        IsolationSummary summary = await run.Completion;

        Assert.Equal((1, 1), (summary.Count(ItemOutcome.Landed), summary.Count(ItemOutcome.Conflicted)));
    }

    [IsolationFact]
    public async Task A_worker_brings_in_what_has_landed_meanwhile()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        SyncResult? synced = null;
        await using IsolationPipeline pipeline = rig.Compose()
            .Workspaces.UsePrivateClones()
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "own.txt", "mine\n", token);
                    string tree = await rig.GitAsync("rev-parse", $"{PipelineFixture.Target}^{{tree}}"),
                        landed =
                            await rig.GitAsync(
                                "commit-tree",
                                tree,
                                "-p",
                                PipelineFixture.Target,
                                "-m",
                                "Landed\n\nIsolation-Attempt: other.1"
                            );
                    await rig.GitAsync("update-ref", $"refs/heads/{PipelineFixture.Target}", landed);
                    synced = await worker.SyncAsync(cancellationToken: token);
                    Assert.Equal(landed, await PipelineFixture.GitAsync(worker, token, "rev-parse", "HEAD^"));
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal((SyncOutcome.Synced, ItemOutcome.Landed), (synced!.Outcome, result.Outcome));
        Assert.Equal(["own.txt"], Assert.Single(result.Attempts).Changes.Select(c => c.Path));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_a_dead_host_left_of_its_clones_is_swept_by_one_that_makes_worktrees()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string head = await rig.GitAsync("rev-parse", "HEAD");
        foreach (string item in new[] { "idle", "dirty" })
        {
            AttemptId attempt = new(item, 1);
            await rig.GitAsync("update-ref", AttemptNames.RefName(attempt), head);
            using AttemptLease lease = new LeaseStore(
                Path.Combine(rig.Repository.Path, ".git"),
                rig.Repository.Reference,
                TimeProvider.System
            ).Create(attempt);
            await using PrivateCloneProvider provider = new(new WorkspaceOptions(), TimeProvider.System);
            IWorkspace workspace = await provider.AcquireAsync(
                new WorkspaceRequest(lease, rig.Repository.Reference, head)
            );
            await File.WriteAllTextAsync(
                Path.Combine(workspace.Info.Path, item == "dirty" ? "unsaved.txt" : ".git/description"),
                "precious"
            );
        }

        await using IsolationPipeline pipeline = rig.Compose().RunWith((_, _) => Task.CompletedTask).Build();
        IReadOnlyList<CleanItem> done = await pipeline.CleanAsync(await pipeline.PlanCleanAsync());

        Assert.Equal(
            ["dirty.1 True", "idle.1 False"],
            done.Select(i => $"{i.Attempt} {i.IsKept}").Order(StringComparer.Ordinal)
        );
        Assert.Equal(["unsaved.txt"], done.Single(i => i.Attempt.Item == "dirty").Unpinned);
        Assert.True(File.Exists(Path.Combine(rig.Workers, "dirty.1", "work", "unsaved.txt")));
        Assert.False(Directory.Exists(Path.Combine(rig.Workers, "idle.1")));
    }
}
