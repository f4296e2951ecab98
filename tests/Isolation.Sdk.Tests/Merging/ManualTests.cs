using Isolation.Sdk.Merging;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging;

public class ManualTests
{
    private static readonly AttemptId A = new("auth", 1);

    [IsolationFact]
    public async Task Nothing_lands_before_the_exact_commit_was_approved_by_another_queue_later()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        Capture work = await bench.WorkAsync(null, ("b.txt", "b\n"));
        await using (IMergeQueue before = await MergeStrategies.Manual().OpenAsync(bench.Target))
        {
            await before.SubmitAsync(new MergeRequest(A, work));
            MergeStatus held = await QueueFixture.UntilAsync(before, A, s => s.State == MergeState.Held);
            Assert.StartsWith("Approval", held.Reason, StringComparison.Ordinal);
        }

        await using IMergeQueue later = await MergeStrategies.Manual().OpenAsync(bench.Target);
        IsolationException other = await Assert.ThrowsAsync<IsolationException>(async () =>
            await later.ApproveAsync(A, work.BaseCommit, "ada")
        );
        Assert.Equal(MergingCodes.OtherCommit, other.Code);
        Assert.Equal(work.BaseCommit, await bench.TargetCommitAsync());

        await later.ApproveAsync(A, work.Commit, "ada");
        MergeStatus landed = await QueueFixture.EndAsync(later, A);
        Assert.Equal((MergeState.Landed, await bench.TargetCommitAsync()), (landed.State, landed.LandedCommit));
        Assert.Equal(MergeState.Landed, (await later.ApproveAsync(A, work.Commit, "ada")).State);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_laxer_queue_that_acts_does_not_land_what_was_submitted_for_approval()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        Capture work = await bench.WorkAsync(null, ("b.txt", "b\n"));
        await using IMergeQueue lax = await MergeStrategies.FirstWins().OpenAsync(bench.Target);

        // What it lands shows that it is the one that acts.
        AttemptId first = new("first", 1);
        await lax.SubmitAsync(new MergeRequest(first, await bench.WorkAsync(null, ("first.txt", "1\n"))));
        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(lax, first)).State);
        await using IMergeQueue strict = await MergeStrategies.Manual().OpenAsync(bench.Target);

        await strict.SubmitAsync(new MergeRequest(A, work));
        await lax.SubmitAsync(
            new MergeRequest(new AttemptId("other", 1), await bench.WorkAsync(null, ("c.txt", "c\n")))
        );

        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(lax, new AttemptId("other", 1))).State);
        Assert.Equal(MergeState.Held, (await QueueFixture.UntilAsync(lax, A, _ => true)).State);
        await strict.ApproveAsync(A, work.Commit, "ada");
        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(strict, A)).State);
    }

    [IsolationFact]
    public async Task Rejected_and_cancelled_work_stays_pinned_and_never_lands()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        Capture work = await bench.WorkAsync(null, ("b.txt", "b\n"));
        await using IMergeQueue queue = await MergeStrategies.Manual().OpenAsync(bench.Target);
        await queue.SubmitAsync(new MergeRequest(A, work));

        await queue.RejectAsync(A, "No tests.");
        MergeStatus rejected = await QueueFixture.EndAsync(queue, A);
        MergeStatus approved = await queue.ApproveAsync(A, work.Commit, "ada");

        Assert.Equal((MergeState.Rejected, "No tests."), (rejected.State, rejected.Reason));
        Assert.Equal(MergeState.Rejected, approved.State);
        Assert.Equal(work.Commit, await bench.GitAsync("rev-parse", "refs/isolation/mq/target/items/auth/1^1"));
    }

    [IsolationFact]
    public async Task Held_work_waits_until_it_is_approved_again()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        Capture work = await bench.WorkAsync(null, ("b.txt", "b\n"));
        await using IMergeQueue queue = await MergeStrategies.Manual().OpenAsync(bench.Target);
        await queue.SubmitAsync(new MergeRequest(A, work));

        MergeStatus held = await queue.HoldAsync(A, "Friday");
        Assert.Equal((MergeState.Held, "Paused: Friday"), (held.State, held.Reason));

        await queue.ApproveAsync(A, work.Commit, "ada");
        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(queue, A)).State);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Work_that_was_merged_outside_is_closed_as_landed()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        Capture work = await bench.WorkAsync(null, ("b.txt", "b\n"));
        await using IMergeQueue queue = await MergeStrategies.Manual().OpenAsync(bench.Target);
        await queue.SubmitAsync(new MergeRequest(A, work));
        await QueueFixture.UntilAsync(queue, A, s => s.State == MergeState.Held);

        // As a forge does it: a merge commit with the work as its second parent, and nothing of ours in it.
        string merge = await bench.GitAsync(
            "commit-tree",
            work.Commit + "^{tree}",
            "-p",
            work.BaseCommit,
            "-p",
            work.Commit,
            "-m",
            "Merge pull request"
        );
        await bench.GitAsync("update-ref", QueueFixture.TargetRef, merge, work.BaseCommit);
        MergeStatus landed = await QueueFixture.EndAsync(queue, A);

        Assert.Equal((MergeState.Landed, merge), (landed.State, landed.LandedCommit));
        Assert.Equal(merge, await bench.TargetCommitAsync());
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_squash_outside_that_kept_the_trailers_is_recognised()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        Capture work = await bench.WorkAsync(null, ("b.txt", "b\n"));
        await using IMergeQueue queue = await MergeStrategies.Manual().OpenAsync(bench.Target);
        await queue.SubmitAsync(new MergeRequest(A, work));
        await QueueFixture.UntilAsync(queue, A, s => s.State == MergeState.Held);

        string squash = await bench.GitAsync(
            "commit-tree",
            work.Commit + "^{tree}",
            "-p",
            work.BaseCommit,
            "-m",
            "Squashed\n\nIsolation-Attempt: auth.1\n"
        );
        await bench.GitAsync("update-ref", QueueFixture.TargetRef, squash, work.BaseCommit);
        MergeStatus landed = await QueueFixture.EndAsync(queue, A);

        Assert.Equal((MergeState.Landed, squash), (landed.State, landed.LandedCommit));
    }

    [IsolationFact]
    public async Task The_branch_is_pushed_and_never_forced()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        string remote = Path.Combine(bench.Repository.Root, "remote.git");
        await bench.GitAsync("clone", "-q", "--bare", bench.Repository.Path, remote);
        await bench.GitAsync("remote", "add", "origin", remote);
        Capture work = await bench.WorkAsync(null, ("b.txt", "b\n"));
        Capture other = await bench.WorkAsync(null, ("c.txt", "c\n"));
        await ThrowawayRepository.GitInAsync(
            remote,
            ["fetch", "-q", bench.Repository.Path, $"{other.Commit}:refs/heads/taken"]
        );
        await using IMergeQueue queue = await MergeStrategies
            .Manual(o => o.PushBranchesTo = "origin")
            .OpenAsync(bench.Target);

        await queue.SubmitAsync(new MergeRequest(A, work) { Branch = "isolation/auth/1/work" });
        await queue.SubmitAsync(new MergeRequest(new AttemptId("b", 1), work) { Branch = "taken" });

        await QueueFixture.UntilAsync(queue, A, s =>
            s.Reason!.Contains("pushed to origin as isolation/auth/1/work", StringComparison.Ordinal)
        );
        MergeStatus refused = await QueueFixture.UntilAsync(queue, new AttemptId("b", 1), s =>
            s.Reason!.StartsWith("Infra: the push to origin failed", StringComparison.Ordinal)
        );
        Assert.Equal(MergeState.Held, refused.State);
        Assert.Equal(
            work.Commit,
            await ThrowawayRepository.GitInAsync(remote, ["rev-parse", "refs/heads/isolation/auth/1/work"])
        );
        Assert.Equal(other.Commit, await ThrowawayRepository.GitInAsync(remote, ["rev-parse", "refs/heads/taken"]));
    }
}
