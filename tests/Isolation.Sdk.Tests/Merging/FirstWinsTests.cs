using Isolation.Sdk.Git;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging;

public class FirstWinsTests
{
    private static readonly AttemptId A = new("auth", 1);
    private static readonly AttemptId B = new("billing", 1);

    [IsolationFact]
    public async Task Work_that_does_not_collide_lands_with_trailers_that_prove_it()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        Capture work = await bench.WorkAsync(null, ("b.txt", "b\n"));
        await using IMergeQueue queue = await MergeStrategies.FirstWins().OpenAsync(bench.Target);

        await queue.SubmitAsync(new MergeRequest(A, work) { Title = "Add b" });
        MergeStatus landed = await QueueFixture.EndAsync(queue, A);

        Assert.Equal(MergeState.Landed, landed.State);
        Assert.Equal(await bench.TargetCommitAsync(), landed.LandedCommit);
        Assert.Equal(
            $"Add b\n\nIsolation-Item: auth\nIsolation-Attempt: auth.1\nIsolation-Head: {work.Commit}",
            await bench
                .GitAsync("log", "-1", "--format=%B", QueueFixture.TargetRef)
                .ContinueWith(t => t.Result.TrimEnd())
        );
        Assert.Equal(
            $"{work.BaseCommit} {work.Commit}",
            await bench.GitAsync("log", "-1", "--format=%P", QueueFixture.TargetRef)
        );
        Assert.Equal("", await bench.GitAsync("for-each-ref", "refs/isolation/mq"));
        Assert.Equal("", await bench.GitAsync("status", "--porcelain"));
    }

    [IsolationFact]
    public async Task The_second_of_two_that_collide_gets_the_whole_conflict()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "one\n"));
        Capture first = await bench.WorkAsync(null, ("a.txt", "first\n"));
        Capture second = await bench.WorkAsync(first.BaseCommit, ("a.txt", "second\n"), ("new.txt", "n\n"));
        await using IMergeQueue queue = await MergeStrategies.FirstWins().OpenAsync(bench.Target);

        await queue.SubmitAsync(new MergeRequest(A, first));
        await queue.SubmitAsync(new MergeRequest(B, second));
        MergeStatus landed = await QueueFixture.EndAsync(queue, A);
        MergeStatus collided = await QueueFixture.EndAsync(queue, B);

        Assert.Equal(MergeState.Conflicted, collided.State);
        Assert.Equal(landed.LandedCommit, collided.Conflict!.TargetCommit);
        Assert.Equal(["auth"], collided.Conflict.With);
        ConflictedFile file = Assert.Single(collided.Conflict.Files);
        Assert.Equal("a.txt", file.Path);
        Assert.Equal(["contents"], file.Kinds);
        Assert.Contains(
            "<<<<<<< target\nfirst\n=======\nsecond\n>>>>>>> billing.1",
            await bench.GitAsync("cat-file", "blob", collided.Conflict.PreviewTree + ":a.txt")
        );
        Assert.Contains(collided.Conflict.Messages, m =>
            m.Contains("Merge conflict in a.txt", StringComparison.Ordinal)
        );
        Assert.Equal(await bench.TargetCommitAsync(), landed.LandedCommit);
        Assert.NotEqual("", await bench.GitAsync("for-each-ref", "refs/isolation/mq/target/items/billing"));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Items_that_touched_the_same_file_without_colliding_are_coupled()
    {
        string lines = string.Join('\n', Enumerable.Range(1, 30)) + "\n";
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", lines));
        Capture first = await bench.WorkAsync(null, ("a.txt", "top\n" + lines));
        Capture second = await bench.WorkAsync(first.BaseCommit, ("a.txt", lines + "bottom\n"));
        await using IMergeQueue queue = await MergeStrategies
            .FirstWins(o => o.Mode = MergeMode.Squash)
            .OpenAsync(bench.Target);

        await queue.SubmitAsync(new MergeRequest(A, first));
        await queue.SubmitAsync(new MergeRequest(B, second));
        MergeStatus status = await QueueFixture.EndAsync(queue, B);

        Assert.Equal(MergeState.Landed, status.State);
        Assert.Equal("auth", Assert.Single(status.Coupled.Keys));
        Assert.Equal("a.txt", Assert.Single(status.Coupled["auth"]));
        Assert.Equal(
            2,
            (await bench.GitAsync("log", "-1", "--format=%H %P", QueueFixture.TargetRef)).Split(' ').Length
        );
        Assert.Equal("top\n" + lines + "bottom", await bench.GitAsync("show", QueueFixture.TargetRef + ":a.txt"));
    }
}
