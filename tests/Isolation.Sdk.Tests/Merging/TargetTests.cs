using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging;

public class TargetTests
{
    private static readonly AttemptId A = new("auth", 1);

    [IsolationFact]
    public async Task A_target_that_is_checked_out_is_refused_with_two_remedies()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        string linked = Path.Combine(bench.Repository.Root, "linked");
        await bench.GitAsync("worktree", "add", "-q", linked, "target");

        foreach (string target in new[] { "refs/heads/main", QueueFixture.TargetRef })
        {
            IsolationException refused = await Assert.ThrowsAnyAsync<IsolationException>(async () =>
                await MergeStrategies.FirstWins().OpenAsync(bench.Target with { Ref = target })
            );
            Assert.Equal(MergingCodes.TargetCheckedOut, refused.Code);
            Assert.Contains(
                ".Target(\"isolation/main\", from: \"main\")",
                refused.Fault.Remedy,
                StringComparison.Ordinal
            );
            Assert.Contains("FastForwardCheckout = true", refused.Fault.Remedy, StringComparison.Ordinal);
        }
    }

    [IsolationFact]
    public async Task A_clean_checkout_of_the_target_is_moved_along()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"), ("gone.txt", "g\n"));
        Capture work = await bench.WorkAsync(null, ("a.txt", "changed\n"), ("new/b.txt", "b\n"), ("gone.txt", null));
        MergeTarget main = bench.Target with { Ref = "refs/heads/main" };
        await using IMergeQueue queue = await MergeStrategies
            .FirstWins(o => o.FastForwardCheckout = true)
            .OpenAsync(main);
        await queue.SubmitAsync(new MergeRequest(A, work));
        await QueueFixture.EndAsync(queue, A);

        Assert.Equal("", await bench.GitAsync("status", "--porcelain"));
        Assert.Equal("changed\n", await File.ReadAllTextAsync(Path.Combine(bench.Repository.Path, "a.txt")));
        Assert.False(File.Exists(Path.Combine(bench.Repository.Path, "gone.txt")));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_checkout_that_became_dirty_is_not_touched_and_nothing_lands()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        Capture work = await bench.WorkAsync(null, ("b.txt", "b\n"));
        MergeTarget main = bench.Target with { Ref = "refs/heads/main" };
        await using IMergeQueue queue = await MergeStrategies
            .FirstWins(o => o.FastForwardCheckout = true)
            .OpenAsync(main);
        string file = Path.Combine(bench.Repository.Path, "a.txt");
        await File.WriteAllTextAsync(file, "mine\n");

        await queue.SubmitAsync(new MergeRequest(A, work));
        MergeStatus held = await QueueFixture.UntilAsync(queue, A, s => s.State == MergeState.Held);
        Assert.Contains("uncommitted changes", held.Reason, StringComparison.Ordinal);
        Assert.Equal("mine\n", await File.ReadAllTextAsync(file));
        Assert.Equal(work.BaseCommit, await bench.GitAsync("rev-parse", "main"));

        await bench.GitAsync("checkout", "-q", "a.txt");
        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(queue, A)).State);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_checkout_that_a_killed_queue_left_behind_is_moved_by_the_next()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        Capture work = await bench.WorkAsync(null, ("b.txt", "b\n"));
        string queues = Path.Combine(bench.Common, "isolation", "queues");
        Directory.CreateDirectory(queues);

        // What is on the disk when a process dies right after the transaction.
        await File.WriteAllTextAsync(
            Path.Combine(queues, "main.checkout"),
            $"{work.BaseCommit}\n{bench.Repository.Path}"
        );
        await bench.GitAsync("update-ref", "refs/heads/main", work.Commit);
        Assert.NotEqual("", await bench.GitAsync("status", "--porcelain"));
        await using IMergeQueue queue = await MergeStrategies
            .FirstWins(o => o.FastForwardCheckout = true)
            .OpenAsync(bench.Target with { Ref = "refs/heads/main" });
        await queue.SubmitAsync(new MergeRequest(A, await bench.WorkAsync(work.BaseCommit, ("c.txt", "c\n"))));

        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(queue, A)).State);
        Assert.Equal("", await bench.GitAsync("status", "--porcelain"));
        Assert.True(File.Exists(Path.Combine(bench.Repository.Path, "b.txt")));
    }

    [IsolationFact]
    public async Task A_missing_target_and_one_that_is_no_branch_are_refused()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync();

        IsolationException missing = await Assert.ThrowsAnyAsync<IsolationException>(async () =>
            await MergeStrategies.FirstWins().OpenAsync(bench.Target with { Ref = "refs/heads/nowhere" })
        );
        IsolationException tag = await Assert.ThrowsAnyAsync<IsolationException>(async () =>
            await MergeStrategies.FirstWins().OpenAsync(bench.Target with { Ref = "main" })
        );

        Assert.Equal((MergingCodes.TargetMissing, MergingCodes.BadTarget), (missing.Code, tag.Code));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Only_what_is_committed_on_the_target_decides_how_files_merge()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(
            ("a.txt", "one\n"),
            ("sub/.gitattributes", "*.log merge=union\n"),
            ("sub/x.log", "one\n")
        );
        await bench.GitAsync("config", "merge.evil.driver", "touch /tmp/never; exit 0");
        Capture first = await bench.WorkAsync(null, ("a.txt", "first\n"), ("sub/x.log", "one\nfirst\n"));
        Capture second = await bench.WorkAsync(null, ("a.txt", "second\n"));
        Capture third = await bench.WorkAsync(null, ("sub/x.log", "one\nthird\n"));

        // None of these is committed on the target.
        Directory.CreateDirectory(Path.Combine(bench.Common, "info"));
        await File.WriteAllTextAsync(Path.Combine(bench.Common, "info", "attributes"), "a.txt merge=evil\n");
        await File.WriteAllTextAsync(Path.Combine(bench.Repository.Path, ".gitattributes"), "a.txt merge=union\n");
        await using IMergeQueue queue = await MergeStrategies.FirstWins().OpenAsync(bench.Target);
        AttemptId[] attempts = [A, new("b", 1), new("c", 1)];
        foreach ((AttemptId attempt, Capture work) in attempts.Zip([first, second, third]))
        {
            await queue.SubmitAsync(new MergeRequest(attempt, work));
            await QueueFixture.EndAsync(queue, attempt);
        }

        Assert.Equal(MergeState.Conflicted, (await QueueFixture.EndAsync(queue, attempts[1])).State);
        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(queue, attempts[2])).State);
        Assert.Equal("one\nfirst\nthird", await bench.GitAsync("show", QueueFixture.TargetRef + ":sub/x.log"));
    }
}
