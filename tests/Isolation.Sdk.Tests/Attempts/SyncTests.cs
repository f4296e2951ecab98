using System.Security.Cryptography;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Attempts;

/// <summary>Workers that bring the target into their own branch, by the library or by plain git.</summary>
public sealed class SyncTests
{
    [IsolationTheory(Tier = Tier.Ci)]
    [InlineData("SyncAsync rebase")]
    [InlineData("SyncAsync merge")]
    [InlineData("git rebase")]
    [InlineData("git merge")]
    public async Task What_a_synced_worker_is_said_to_have_changed_is_its_own_work(string way)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        AsyncBarrier begun = new(2);
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await begun.SignalAndWaitAsync(token);
                    if (worker.Item.Id == "late")
                    {
                        await PipelineFixture.CommitAsync(worker, "early-work.txt", "before\n", token);
                        TargetAdvanced advanced = (await worker.Inbox.ReadAsync(token)).TargetAdvanced!;
                        await BringInAsync(worker, way, advanced.To, token);
                        Assert.True(File.Exists(Path.Combine(worker.Workspace.Path, "first.txt")));
                        await File.WriteAllTextAsync(
                            Path.Combine(worker.Workspace.Path, "leftover.txt"),
                            "not committed\n",
                            token
                        );
                    }

                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("first"), PipelineFixture.Item("late")]);
        IsolationSummary summary = await run.Completion;

        Assert.True(
            summary.Count(ItemOutcome.Landed) == 2,
            string.Join("; ", summary.Items.Select(i => $"{i.Item.Id} {i.Outcome} {i.Reason}"))
        );
        WorkItemResult late = summary.Items.Single(i => i.Item.Id == "late");
        Isolation.Sdk.AttemptReport report = Assert.Single(late.Attempts);
        Assert.Equal(
            ["early-work.txt", "late.txt", "leftover.txt"],
            report.Changes.Select(c => c.Path).Order(StringComparer.Ordinal)
        );
        Assert.Equal(summary.Items.Single(i => i.Item.Id == "first").Merge!.LandedCommit, report.BaseCommit);
        Assert.Empty(report.Contamination);
        Assert.Equal("", await rig.GitAsync("for-each-ref", "refs/heads/isolation"));
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData(SyncMode.Rebase)]
    [InlineData(SyncMode.Merge)]
    public async Task A_sync_that_collides_leaves_branch_index_and_files_byte_for_byte(SyncMode mode)
    {
        SyncResult? result = null;
        Dictionary<string, string> before = [],
            after = [];
        string pushed = "";
        await PlayAsync(
            async (rig, worker, token) =>
            {
                await PipelineFixture.CommitAsync(worker, "fine.txt", "no trouble\n", token);
                await PipelineFixture.CommitAsync(worker, "shared.txt", "by the worker\n", token);
                await File.WriteAllTextAsync(Path.Combine(worker.Workspace.Path, "untracked.txt"), "mine\n", token);
                pushed = await rig.PushAsync(("shared.txt", "by somebody\n"), ("other.txt", "new\n"));
                before = await SnapshotAsync(rig, worker, token);
                result = await worker.SyncAsync(mode, cancellationToken: token);
                after = await SnapshotAsync(rig, worker, token);
            }
        );

        Assert.Equal((SyncOutcome.Conflict, pushed), (result!.Outcome, result.With));
        Assert.Equal(["shared.txt"], result.Paths);
        Assert.Equal(result.From, result.To);
        Assert.Equal(before, after);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_sync_is_refused_with_the_reason_and_nothing_changes()
    {
        Dictionary<string, SyncResult> refused = [];
        List<(Dictionary<string, string> Before, Dictionary<string, string> After)> states = [];
        await PlayAsync(
            async (rig, worker, token) =>
            {
                string Full(string path) => Path.Combine(worker.Workspace.Path, path);
                async Task TryAsync(string name, string? commit = null)
                {
                    Dictionary<string, string> before = await SnapshotAsync(rig, worker, token);
                    refused[name] = await worker.SyncAsync(SyncMode.Merge, commit, token);
                    states.Add((before, await SnapshotAsync(rig, worker, token)));
                }

                await PipelineFixture.CommitAsync(worker, ".gitignore", "*.secret\n", token);
                await rig.PushAsync(("untracked.txt", "theirs\n"), ("a.secret", "theirs\n"));
                await TryAsync("unknown", "no-such-thing");
                await File.WriteAllTextAsync(Full(".gitignore"), "*.secret\n*.log\n", token);
                await TryAsync("dirty");
                await PipelineFixture.GitAsync(worker, token, "checkout", "-q", "--", ".gitignore");
                await File.WriteAllTextAsync(Full("untracked.txt"), "mine\n", token);
                await TryAsync("untracked");
                File.Delete(Full("untracked.txt"));
                await File.WriteAllTextAsync(Full("a.secret"), "mine\n", token);
                await TryAsync("ignored");
                File.Delete(Full("a.secret"));
                await PipelineFixture.GitAsync(worker, token, "checkout", "-q", "--detach");
                await TryAsync("detached");
                await PipelineFixture.GitAsync(worker, token, "checkout", "-q", worker.Workspace.Branch!);
                await PipelineFixture.GitAsync(
                    worker,
                    token,
                    "merge",
                    "-q",
                    "--no-commit",
                    "--no-ff",
                    PipelineFixture.Target
                );
                await TryAsync("half done");
                await PipelineFixture.GitAsync(worker, token, "merge", "--abort");
                refused["in the end"] = await worker.SyncAsync(SyncMode.Merge, cancellationToken: token);
                refused["again"] = await worker.SyncAsync(cancellationToken: token);
            }
        );

        Assert.All(refused.SkipLast(2), r =>
            Assert.True(r.Value.Outcome == SyncOutcome.Refused && r.Value.Reason is not null, $"{r.Key}: {r.Value}")
        );
        Assert.All(states, s => Assert.Equal(s.Before, s.After));
        Assert.Equal([".gitignore"], refused["dirty"].Paths);
        Assert.Equal(["untracked.txt"], refused["untracked"].Paths);
        Assert.Equal(["a.secret"], refused["ignored"].Paths);
        Assert.Contains("MERGE_HEAD", refused["half done"].Reason, StringComparison.Ordinal);
        Assert.Equal(
            (SyncOutcome.Synced, SyncOutcome.UpToDate),
            (refused["in the end"].Outcome, refused["again"].Outcome)
        );
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_worker_that_has_nothing_of_its_own_moves_to_the_target_and_changes_nothing()
    {
        SyncResult? result = null;
        string pushed = "";
        await PlayAsync(
            async (rig, worker, token) =>
            {
                pushed = await rig.PushAsync(("other.txt", "new\n"));
                result = await worker.SyncAsync(cancellationToken: token);
                Assert.Equal(
                    "new\n",
                    await File.ReadAllTextAsync(Path.Combine(worker.Workspace.Path, "other.txt"), token)
                );
            }
        );

        Assert.Equal((SyncOutcome.Synced, pushed), (result!.Outcome, result.To));
    }

    private static Task BringInAsync(IsolatedWorker worker, string way, string commit, CancellationToken token) =>
        way switch
        {
            "SyncAsync rebase" => SyncedAsync(worker.SyncAsync(SyncMode.Rebase, cancellationToken: token)),
            "SyncAsync merge" => SyncedAsync(worker.SyncAsync(SyncMode.Merge, cancellationToken: token)),
            "git rebase" => PipelineFixture.GitAsync(worker, token, "rebase", "-q", commit),
            _ => PipelineFixture.GitAsync(worker, token, "merge", "-q", "-m", "Bring it in", commit),
        };

    private static async Task SyncedAsync(Task<SyncResult> sync)
    {
        SyncResult result = await sync;
        Assert.True(result.Outcome == SyncOutcome.Synced, result.ToString());
    }

    /// <summary>One worker on a rig; what it throws fails the test.</summary>
    private static async Task PlayAsync(Func<PipelineFixture, IsolatedWorker, CancellationToken, Task> play)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        Exception? fault = null;
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    try
                    {
                        await play(rig, worker, token);
                    }
                    catch (Exception e)
                    {
                        fault = e;
                    }

                    return new RunResult.Failed("It is over.", Retryable: false);
                }
            )
            .Build();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("syncs")]);
        await run.Completion;
        Assert.Null(fault);
    }

    /// <summary>The content of everything a sync could touch: work tree, git directory, refs.</summary>
    private static async Task<Dictionary<string, string>> SnapshotAsync(
        PipelineFixture rig,
        IsolatedWorker worker,
        CancellationToken token
    )
    {
        Dictionary<string, string> found = new() { ["refs"] = await rig.GitAsync("for-each-ref") };
        foreach (string folder in new[] { worker.Workspace.Path, worker.Workspace.GitDirectory })
        {
            foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                found[file] =
                    $"{Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(file, token)))} "
                    + $"{File.GetLastWriteTimeUtc(file):O}";
            }
        }

        return found;
    }
}
