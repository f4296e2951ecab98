using Isolation.Sdk.Merging;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging;

public class ReviewBranchTests
{
    private static readonly string[] Branches = ["isolation/a/1/work", "isolation/b/1/work", "isolation/c/1/work"];

    [IsolationTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_branch_for_review_is_on_the_remote_once_its_item_is_submitted(bool manual)
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        string remote = await AddRemoteAsync(bench);
        IMergeStrategy strategy = manual
            ? MergeStrategies.Manual(o => o.PushBranchesTo = "origin")
            : MergeStrategies.FirstWins(o => o.PushBranchesTo = "origin");
        await using (IMergeQueue queue = await strategy.OpenAsync(bench.Target))
        {
            foreach (string branch in Branches)
            {
                string item = branch.Split('/')[1];
                Capture work = await bench.WorkAsync(null, ($"{item}.txt", "x\n"));
                await queue.SubmitAsync(new MergeRequest(new AttemptId(item, 1), work) { Branch = branch });
            }
        } // As a host does that ends with its run.

        string there = await ThrowawayRepository.GitInAsync(
            remote,
            ["for-each-ref", "--format=%(refname:short)", "refs/heads/isolation"]
        );
        Assert.Equal(Branches, there.Split('\n'));
    }

    [IsolationFact]
    public async Task A_push_that_fails_says_so_and_is_tried_again()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        string remote = Path.Combine(bench.Repository.Root, "remote.git");
        await bench.GitAsync("remote", "add", "origin", remote);
        AttemptId attempt = new("a", 1);
        Capture work = await bench.WorkAsync(null, ("b.txt", "b\n"));
        await using IMergeQueue queue = await MergeStrategies
            .FirstWins(o => o.PushBranchesTo = "origin")
            .OpenAsync(bench.Target);

        await queue.SubmitAsync(new MergeRequest(attempt, work) { Branch = Branches[0] });
        MergeStatus held = await QueueFixture.UntilAsync(queue, attempt, s => s.State == MergeState.Held);
        await bench.GitAsync("init", "-q", "--bare", remote);
        MergeStatus landed = await QueueFixture.EndAsync(queue, attempt);

        Assert.Equal(MergeHoldReason.Infra, held.Hold);
        Assert.StartsWith("Infra: the push to origin failed", held.Reason, StringComparison.Ordinal);
        Assert.Contains("tried again", held.Reason, StringComparison.Ordinal);
        Assert.Equal(MergeState.Landed, landed.State);
        Assert.Equal(
            work.Commit,
            await ThrowawayRepository.GitInAsync(remote, ["rev-parse", "refs/heads/" + Branches[0]])
        );
    }

    [IsolationTheory]
    [InlineData("fast-forward")]
    [InlineData("squash")]
    [InlineData("rebase")]
    [InlineData("something else")]
    public async Task A_pull_request_that_was_merged_elsewhere_is_recognised(string how)
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "1\n2\n3\n"), ("b.txt", "b\n"));
        Capture first = await bench.WorkAsync(null, ("a.txt", "1\n2\nthree\n"));
        Capture work = (await bench.WorkAsync(first.Commit, ("b.txt", "B\n"))) with
        {
            BaseCommit = first.BaseCommit,
            Files = [.. first.Files, new FileChange("b.txt", FileChangeKind.Modified, 1, 1)],
        };
        AttemptId attempt = new("a", 1);
        await using IMergeQueue queue = await MergeStrategies.Manual().OpenAsync(bench.Target);
        await queue.SubmitAsync(new MergeRequest(attempt, work));
        await QueueFixture.UntilAsync(queue, attempt, s => s.State == MergeState.Held);

        string before = await bench.TargetCommitAsync();
        string others = (await bench.WorkAsync(null, ("c.txt", "c\n"))).Commit;
        string merged = how switch
        {
            "fast-forward" => work.Commit,
            "squash" => (await bench.WorkAsync(others, ("a.txt", "1\n2\nthree\n"), ("b.txt", "B\n"))).Commit,
            "rebase" => (
                await bench.WorkAsync(
                    (await bench.WorkAsync(others, ("a.txt", "1\n2\nthree\n"))).Commit,
                    ("b.txt", "B\n")
                )
            ).Commit,
            _ => (await bench.WorkAsync(others, ("a.txt", "1\n2\nthree!\n"), ("b.txt", "B\n"))).Commit,
        };
        await bench.GitAsync("update-ref", QueueFixture.TargetRef, merged, before);
        if (how == "something else")
        {
            AttemptId later = new("later", 1);
            await queue.SubmitAsync(new MergeRequest(later, work));
            MergeStatus[] both = [await Seen(attempt), await Seen(later)];
            Assert.All(both, s => Assert.Equal(MergeHoldReason.Approval, s.Hold));
            return;
        }

        MergeStatus landed = await QueueFixture.EndAsync(queue, attempt);
        Assert.Equal((MergeState.Landed, merged), (landed.State, landed.LandedCommit));
        Assert.Equal("It was merged outside of the queue.", landed.Reason);

        Task<MergeStatus> Seen(AttemptId which) =>
            QueueFixture.UntilAsync(queue, which, s => s.State == MergeState.Held);
    }

    private static async Task<string> AddRemoteAsync(QueueFixture bench)
    {
        string remote = Path.Combine(bench.Repository.Root, "remote.git");
        await bench.GitAsync("init", "-q", "--bare", remote);
        await bench.GitAsync("remote", "add", "origin", remote);
        return remote;
    }
}
