using Isolation.Sdk.Git;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.Logging.Abstractions;

namespace Isolation.Sdk.Tests.Merging;

public class QueueTests
{
    private static readonly AttemptId A = new("auth", 1);
    private static readonly AttemptId B = new("billing", 1);

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Of_two_queues_one_acts_and_the_other_watches_and_takes_over()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        Capture one = await bench.WorkAsync(null, ("one.txt", "1\n"));
        Capture two = await bench.WorkAsync(null, ("two.txt", "2\n"));
        IMergeQueue actor = await MergeStrategies.FirstWins().OpenAsync(bench.Target);
        await using IMergeQueue watcher = await MergeStrategies.FirstWins().OpenAsync(bench.Target);

        await watcher.SubmitAsync(new MergeRequest(A, one));
        MergeStatus there = await QueueFixture.EndAsync(actor, A);
        MergeStatus here = await QueueFixture.EndAsync(watcher, A);
        Assert.Equal((MergeState.Landed, there.LandedCommit), (here.State, here.LandedCommit));

        await actor.DisposeAsync();
        await watcher.SubmitAsync(new MergeRequest(B, two));
        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(watcher, B)).State);
        Assert.Equal(
            "3",
            await bench.GitAsync("rev-list", "--first-parent", "--count", QueueFixture.TargetRef, "^main~1")
        );
    }

    [IsolationFact]
    public async Task What_was_submitted_is_landed_in_order_by_whoever_comes_next()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        AttemptId[] attempts = [new("low", 1), new("first", 1), new("second", 1), new("urgent", 1)];
        int[] priorities = [-1, 0, 0, 5];
        await using (IMergeQueue held = await MergeStrategies.Manual().OpenAsync(bench.Target))
        {
            for (int i = 0; i < attempts.Length; i++)
            {
                Capture work = await bench.WorkAsync(null, ($"{attempts[i].Item}.txt", "x\n"));
                await held.SubmitAsync(
                    new MergeRequest(attempts[i], work)
                    {
                        Priority = priorities[i],
                        DependsOn = i == 0 ? [] : [attempts[0]],
                    }
                );
                await held.HoldAsync(attempts[i], "for the test");
            }
        }

        await using IMergeQueue queue = await MergeStrategies.Manual().OpenAsync(bench.Target);
        foreach (AttemptId attempt in attempts.Reverse())
        {
            string head = await bench.GitAsync("rev-parse", $"refs/isolation/mq/target/items/{attempt.Item}/1^1");
            await queue.ApproveAsync(attempt, head, "ada");
        }

        foreach (AttemptId attempt in attempts)
        {
            Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(queue, attempt)).State);
        }

        string order = await bench.GitAsync("log", "--first-parent", "--reverse", "--format=%s", "main..target");
        Assert.Equal("low.1\nurgent.1\nfirst.1\nsecond.1", order);
    }

    [IsolationFact]
    public async Task Submitting_again_changes_nothing_and_another_commit_is_refused()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        Capture work = await bench.WorkAsync(null, ("b.txt", "b\n"));
        Capture other = await bench.WorkAsync(null, ("c.txt", "c\n"));
        await using IMergeQueue queue = await MergeStrategies.Manual().OpenAsync(bench.Target);
        await queue.SubmitAsync(new MergeRequest(A, work));
        string stored = await bench.GitAsync("for-each-ref", "refs/isolation/mq");

        await queue.SubmitAsync(new MergeRequest(A, work));
        IsolationException pinned = await Assert.ThrowsAsync<IsolationException>(async () =>
            await queue.SubmitAsync(new MergeRequest(A, other))
        );

        Assert.Equal(MergingCodes.Pinned, pinned.Code);
        Assert.Equal(stored, await bench.GitAsync("for-each-ref", "refs/isolation/mq"));
    }

    [IsolationFact]
    public async Task Submitting_what_has_landed_lands_nothing_twice()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        Capture work = await bench.WorkAsync(null, ("a.txt", "b\n"));
        await using (
            IMergeQueue first = await MergeStrategies.FirstWins(o => o.Mode = MergeMode.Squash).OpenAsync(bench.Target)
        )
        {
            await first.SubmitAsync(new MergeRequest(A, work));
            await QueueFixture.EndAsync(first, A);
            await first.SubmitAsync(new MergeRequest(B, await bench.WorkAsync(null, ("a.txt", "c\n"))));
            await QueueFixture.EndAsync(first, B);
        }

        string target = await bench.TargetCommitAsync();
        await using IMergeQueue again = await MergeStrategies
            .FirstWins(o => o.Mode = MergeMode.Squash)
            .OpenAsync(bench.Target);
        await again.SubmitAsync(new MergeRequest(A, work));
        MergeStatus status = await QueueFixture.EndAsync(again, A);

        Assert.Equal(
            (MergeState.Landed, await bench.GitAsync("rev-parse", target + "^1")),
            (status.State, status.LandedCommit)
        );
        Assert.Equal(target, await bench.TargetCommitAsync());
    }

    [IsolationFact]
    public async Task A_newer_attempt_takes_the_place_of_an_older_one()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        await using IMergeQueue queue = await MergeStrategies.Manual().OpenAsync(bench.Target);
        await queue.SubmitAsync(new MergeRequest(A, await bench.WorkAsync(null, ("b.txt", "1\n"))));
        await queue.SubmitAsync(
            new MergeRequest(new AttemptId("auth", 2), await bench.WorkAsync(null, ("b.txt", "2\n")))
        );

        MergeStatus old = await QueueFixture.EndAsync(queue, A);

        Assert.Equal((MergeState.Superseded, "auth.2 took its place."), (old.State, old.Reason));
    }

    [IsolationFact]
    public async Task Work_that_brings_nothing_ends_as_no_change_and_what_depends_on_it_goes_on()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        string start = await bench.TargetCommitAsync();
        await using IMergeQueue queue = await MergeStrategies.FirstWins().OpenAsync(bench.Target);
        Capture empty = await bench.WorkAsync(null);
        await queue.SubmitAsync(new MergeRequest(A, empty));

        MergeStatus status = await QueueFixture.EndAsync(queue, A);

        Assert.Equal(MergeState.NoChange, status.State);
        Assert.StartsWith("Nothing to merge", status.Reason, StringComparison.Ordinal);
        Assert.Equal(start, await bench.TargetCommitAsync());
        await queue.SubmitAsync(new MergeRequest(B, await bench.WorkAsync(null, ("b.txt", "b\n"))) { DependsOn = [A] });
        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(queue, B)).State);
    }

    [IsolationFact]
    public async Task Histories_without_a_common_commit_are_an_outcome()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        string orphan = await bench.GitAsync("commit-tree", "HEAD^{tree}", "-m", "Orphan");
        await using IMergeQueue queue = await MergeStrategies.FirstWins().OpenAsync(bench.Target);
        await queue.SubmitAsync(new MergeRequest(A, new Capture(orphan, orphan, "refs/x", [])));

        MergeStatus status = await QueueFixture.EndAsync(queue, A);

        Assert.Equal(MergeState.Conflicted, status.State);
        Assert.Contains("no commit in common", status.Reason, StringComparison.Ordinal);
    }

    [IsolationFact]
    public async Task The_branch_goes_in_the_same_transaction_unless_something_would_be_lost_with_it()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        Capture one = await bench.WorkAsync(null, ("one.txt", "1\n"));
        Capture two = await bench.WorkAsync(null, ("two.txt", "2\n"));
        await bench.GitAsync("branch", "behind", one.BaseCommit);
        await bench.GitAsync("branch", "ahead", one.Commit);
        await using IMergeQueue queue = await MergeStrategies.FirstWins().OpenAsync(bench.Target);
        await queue.SubmitAsync(new MergeRequest(A, one) { Branch = "behind" });
        await queue.SubmitAsync(new MergeRequest(B, two) { Branch = "ahead" });

        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(queue, A)).State);
        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(queue, B)).State);
        Assert.Equal(
            "ahead\nmain\ntarget",
            await bench.GitAsync("for-each-ref", "--format=%(refname:short)", "refs/heads")
        );
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_landed_item_costs_two_processes_to_submit_and_four_to_land()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        List<Capture> works = [];
        for (int i = 0; i < 5; i++)
        {
            works.Add(await bench.WorkAsync(null, ($"f{i}.txt", "x\n")));
        }

        GitRepository repository = await GitOpener.OpenAsync(bench.Repository.Path);
        MergeQueueOptions options = new();
        QueueContext context = new(
            new QueueLayout(repository, QueueFixture.TargetRef),
            new MergePolicy(MergePreset.FirstWins, options),
            null,
            Isolation.Sdk.IO.WorkersDirectory.Beside(bench.Common),
            TimeProvider.System,
            NullLogger.Instance
        );
        await using MergeQueue queue = await MergeQueue.OpenAsync(context, CancellationToken.None);
        await queue.SubmitAsync(new MergeRequest(new AttemptId("f0", 1), works[0]));
        await QueueFixture.EndAsync(queue, new AttemptId("f0", 1));

        int before = repository.Client.StartedProcesses;
        for (int i = 1; i < 5; i++)
        {
            await queue.SubmitAsync(new MergeRequest(new AttemptId($"f{i}", 1), works[i]));
            Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(queue, new AttemptId($"f{i}", 1))).State);
        }

        // Reading the refs when nothing happened for a while is the only other thing a queue does; it is not counted on
        // in a test.
        Assert.InRange(repository.Client.StartedProcesses - before, 4 * 5, (4 * 7) + 2);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_long_line_that_needs_no_test_lands_in_few_moves_and_tells_nobody_of_places()
    {
        const int Items = 12;
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        GitRepository repository = await GitOpener.OpenAsync(bench.Repository.Path);
        QueueContext context = new(
            new QueueLayout(repository, QueueFixture.TargetRef),
            new MergePolicy(MergePreset.FirstWins, new MergeQueueOptions()),
            null,
            Isolation.Sdk.IO.WorkersDirectory.Beside(bench.Common),
            TimeProvider.System,
            NullLogger.Instance
        );
        await using MergeQueue queue = await MergeQueue.OpenAsync(context, CancellationToken.None);
        await queue.PauseAsync("for the test");
        AttemptId[] attempts = [.. Enumerable.Range(0, Items).Select(i => new AttemptId($"f{i}", 1))];
        foreach (AttemptId attempt in attempts)
        {
            Capture work = await bench.WorkAsync(null, ($"{attempt.Item}.txt", "x\n"));
            await bench.GitAsync("branch", attempt.Item, work.BaseCommit);
            await queue.SubmitAsync(new MergeRequest(attempt, work) { Branch = attempt.Item });
        }

        List<MergeState> last = [];
        Task watching = WatchAsync();
        int before = repository.Client.StartedProcesses;
        await queue.ResumeAsync();
        await watching;

        string moves = await bench.GitAsync("log", "-g", "--format=%H", QueueFixture.TargetRef);
        Assert.InRange(moves.Split('\n').Length - 1, 1, 3);
        Assert.InRange(repository.Client.StartedProcesses - before, Items, (4 * Items) + 6);
        Assert.True(last.Count <= 5, string.Join(' ', last));
        Assert.Equal("main\ntarget", await bench.GitAsync("for-each-ref", "--format=%(refname:short)", "refs/heads"));

        async Task WatchAsync()
        {
            await foreach (MergeStatus status in queue.WatchAsync(attempts[^1]))
            {
                last.Add(status.State);
            }
        }
    }

    [IsolationFact]
    public async Task A_watcher_of_everything_sees_the_present_first_and_ends_when_it_is_told_to()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        await using IMergeQueue queue = await MergeStrategies.Manual().OpenAsync(bench.Target);
        await queue.SubmitAsync(new MergeRequest(A, await bench.WorkAsync(null, ("b.txt", "1\n"))));
        await QueueFixture.UntilAsync(queue, A, s => s.State == MergeState.Held);
        using CancellationTokenSource stop = new();

        await using IAsyncEnumerator<MergeStatus> all = queue.WatchAsync(null, stop.Token).GetAsyncEnumerator();
        Assert.True(await all.MoveNextAsync());
        Assert.Equal((A, MergeState.Held), (all.Current.Attempt, all.Current.State));
        Task<bool> next = all.MoveNextAsync().AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [IsolationFact]
    public async Task A_branch_name_cannot_smuggle_a_command_into_the_transaction()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync();
        Capture work = await bench.WorkAsync(null, ("b.txt", "1\n"));
        await using IMergeQueue queue = await MergeStrategies.FirstWins().OpenAsync(bench.Target);
        string before = await bench.GitAsync("for-each-ref");

        IsolationException refused = await Assert.ThrowsAsync<IsolationException>(async () =>
            await queue.SubmitAsync(new MergeRequest(A, work) { Branch = "x\0\0delete refs/heads/main" })
        );

        Assert.Equal(MergingCodes.BadRequest, refused.Code);
        Assert.Equal(before, await bench.GitAsync("for-each-ref"));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_lock_that_a_killed_git_left_holds_the_item_and_says_so()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync();
        Capture work = await bench.WorkAsync(null, ("b.txt", "1\n"));
        string stale = Path.Combine(bench.Common, "refs", "heads", "target.lock");
        await using IMergeQueue queue = await MergeStrategies.FirstWins().OpenAsync(bench.Target);
        await File.WriteAllTextAsync(stale, "");
        await queue.SubmitAsync(new MergeRequest(A, work));

        MergeStatus held = await QueueFixture.UntilAsync(queue, A, s => s.State == MergeState.Held);
        Assert.Contains("target.lock", held.Reason, StringComparison.Ordinal);

        File.Delete(stale);
        await queue.ApproveAsync(A, work.Commit, "ada");
        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(queue, A)).State);
    }

    [IsolationFact]
    public async Task An_unknown_attempt_cannot_be_approved()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync();
        await using IMergeQueue queue = await MergeStrategies.Manual().OpenAsync(bench.Target);

        IsolationException unknown = await Assert.ThrowsAsync<IsolationException>(async () =>
            await queue.CancelAsync(A)
        );

        Assert.Equal(MergingCodes.UnknownAttempt, unknown.Code);
    }
}
