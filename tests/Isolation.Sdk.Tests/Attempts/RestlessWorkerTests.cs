using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Attempts;

/// <summary>What workers do to their own workspaces and histories: nothing is lost, and nobody else is held for
/// it.</summary>
public sealed class RestlessWorkerTests
{
    [IsolationTheory(DefaultRows = 1)]
    [InlineData("rebase", ItemOutcome.Landed)]
    [InlineData("cherry-pick", ItemOutcome.Landed)]
    [InlineData("detached", ItemOutcome.Landed)]
    [InlineData("own branch folder", ItemOutcome.Landed)]
    [InlineData("gc", ItemOutcome.Landed)]
    [InlineData("many files", ItemOutcome.Landed)]
    [InlineData("conflict left open", ItemOutcome.Landed)]
    [InlineData("no .git", ItemOutcome.Quarantined)]
    [InlineData("push -u", ItemOutcome.Landed)]
    [InlineData("worktree add", ItemOutcome.Landed)]
    public async Task A_worker_is_free_in_what_is_its_own(string deed, ItemOutcome expected)
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
                    await DoAsync(rig, worker, deed, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("bystander"),
            PipelineFixture.Item("restless"),
        ]);
        await foreach (WorkItemResult result in run)
        {
            if (result.Item.Id == "restless")
            {
                Assert.Equal((expected, result.Reason), (result.Outcome, result.Reason));
                Assert.Equal("mine", await rig.GitAsync("show", $"{result.Attempts[^1].Commit}:restless.txt"));
                done.SetResult();
            }
            else
            {
                Assert.Equal((ItemOutcome.Landed, null), (result.Outcome, result.Reason));
            }
        }
    }

    private static async Task DoAsync(PipelineFixture rig, IsolatedWorker worker, string deed, CancellationToken token)
    {
        string path = worker.Workspace.Path,
            branch = worker.Workspace.Branch!;
        Task<string> Git(params string[] arguments) => PipelineFixture.GitAsync(worker, token, arguments);
        switch (deed)
        {
            case "rebase":
                await PipelineFixture.CommitAsync(worker, "second.txt", "2\n", token);
                await Git(
                    "-c",
                    "sequence.editor=true",
                    "rebase",
                    "-q",
                    "-i",
                    "--force-rebase",
                    worker.Workspace.BaseCommit
                );
                break;
            case "cherry-pick":
                string top = await Git("rev-parse", "HEAD");
                await Git("reset", "-q", "--hard", "HEAD~");
                await Git("cherry-pick", top);
                await Git("commit", "-q", "--amend", "-m", "again");
                break;
            case "detached":
                await Git("checkout", "-q", "--detach");
                await PipelineFixture.CommitAsync(worker, "second.txt", "2\n", token);
                break;
            case "own branch folder":
                await Git("checkout", "-q", "-b", $"{branch[..^"work".Length]}other");
                await PipelineFixture.CommitAsync(worker, "second.txt", "2\n", token);
                break;
            case "gc":
                await Git("gc", "-q");
                await Git("fetch", "-q", rig.Repository.Path);
                break;
            case "many files":
                for (int i = 0; i < 10_000; i++)
                {
                    string file = Path.Combine(path, "many", $"{i % 100}", $"{i}.txt");
                    Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                    File.WriteAllText(file, "x"); // Not 10,000 turns in the queue of a busy thread pool.
                }

                break;
            case "conflict left open":
                await Git("checkout", "-q", "-b", $"{branch[..^"work".Length]}side", "HEAD~");
                await PipelineFixture.CommitAsync(worker, "restless.txt", "theirs\n", token);
                await Git("checkout", "-q", branch);
                await Assert.ThrowsAsync<InvalidOperationException>(() =>
                    Git("cherry-pick", $"{branch[..^"work".Length]}side")
                );
                await File.WriteAllTextAsync(Path.Combine(path, "restless.txt"), "mine\n", token);
                break;
            case "no .git":
                File.Delete(Path.Combine(path, ".git"));
                break;
            case "push -u":
                await Git("init", "-q", "--bare", Path.Combine(worker.State.Temp, "remote.git"));
                await Git("push", "-q", "-u", Path.Combine(worker.State.Temp, "remote.git"), $"HEAD:refs/heads/x");
                await Git("config", $"branch.{branch}.remote", "origin");
                break;
            case "worktree add":
                await Git("worktree", "add", "-q", "-b", "loose", Path.Combine(path, "..", "loose"));
                break;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
