using Isolation.Sdk.Merging;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging;

public class LandingModeTests
{
    private static readonly string Lines = string.Join('\n', Enumerable.Range(1, 30)) + "\n";

    [IsolationTheory(DefaultRows = 1)]
    [InlineData(MergeMode.Merge)]
    [InlineData(MergeMode.Squash)]
    [InlineData(MergeMode.Rebase)]
    public async Task Work_on_top_of_other_work_brings_only_its_own_changes_in_one_group_or_after_it(MergeMode mode)
    {
        foreach (bool together in new[] { true, false })
        {
            await using LandingFixture bench = await LandingFixture.CreateAsync(
                mode,
                ("a.txt", Lines),
                ("b.txt", Lines)
            );
            string before = await bench.Fixture.TargetCommitAsync();
            Capture below = await bench.Fixture.WorkAsync(
                before,
                ("a.txt", Lines.Replace("\n5\n", "\nfive\n", StringComparison.Ordinal))
            );
            Capture above = await bench.Fixture.WorkAsync(
                below.Commit,
                ("a.txt", Lines.Replace("\n5\n", "\nFIVE\n", StringComparison.Ordinal))
            );
            QueueItem first = await bench.SubmitAsync("first", below);
            QueueItem other = await bench.SubmitAsync(
                "other",
                await bench.Fixture.WorkAsync(before, ("b.txt", "top\n" + Lines))
            );
            QueueItem second = await bench.SubmitAsync("second", above);

            if (together)
            {
                await bench.LandedAsync(first, other, second);
            }
            else
            {
                await bench.LandedAsync(first);
                await bench.LandedAsync(other);
                await bench.LandedAsync(second);
            }

            Assert.Equal(
                Lines.Replace("\n5\n", "\nFIVE\n", StringComparison.Ordinal).TrimEnd(),
                await bench.Fixture.GitAsync("show", QueueFixture.TargetRef + ":a.txt")
            );
            Assert.StartsWith(
                "top\n",
                await bench.Fixture.GitAsync("show", QueueFixture.TargetRef + ":b.txt"),
                StringComparison.Ordinal
            );
            Assert.Equal(
                3,
                (await bench.Fixture.GitAsync("rev-list", "--first-parent", $"{before}..{QueueFixture.TargetRef}"))
                    .Split('\n')
                    .Length
            );
        }
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData(MergeMode.Squash)]
    [InlineData(MergeMode.Rebase)]
    public async Task The_checklist_merges_a_group_once_more_and_sees_a_tree_that_reverts_earlier_work(MergeMode mode)
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(mode, ("a.txt", "a\n"));
        string old = await bench.Fixture.TargetCommitAsync();
        await bench.Fixture.GitAsync(
            "update-ref",
            QueueFixture.TargetRef,
            (await bench.Fixture.WorkAsync(old, ("earlier.txt", "kept\n"))).Commit
        );
        string before = await bench.Fixture.TargetCommitAsync();
        Candidate[] chain = await bench.ChainAsync(
            await bench.SubmitAsync("one", await bench.Fixture.WorkAsync(old, ("one.txt", "1\n"))),
            await bench.SubmitAsync("two", await bench.Fixture.WorkAsync(old, ("two.txt", "2\n")))
        );

        // What a squash by the wrong merge base gives: the second item's own tree, without what others did since its
        // base.
        string tree = await bench.Fixture.GitAsync("rev-parse", chain[1].Item.Head + "^{tree}");
        string commit = await bench.Fixture.GitAsync("commit-tree", tree, "-p", chain[0].Commit, "-m", "two");
        Candidate wrong = chain[1] with { Commit = commit, Commits = [commit], Tree = tree };

        Assert.Contains(
            "merged once more",
            Assert.IsType<LandingResult.Refused>(await bench.LandAsync(chain[0], wrong)).Reason,
            StringComparison.Ordinal
        );
        Assert.Equal(before, await bench.Fixture.TargetCommitAsync());
        Assert.IsType<LandingResult.Landed>(await bench.LandAsync(chain));
        Assert.Equal("kept", await bench.Fixture.GitAsync("show", QueueFixture.TargetRef + ":earlier.txt"));
    }

    [IsolationFact]
    public async Task A_rebase_keeps_authors_dates_and_messages_and_only_the_queue_says_what_landed()
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.Rebase, ("a.txt", "a\n"));
        string before = await bench.Fixture.TargetCommitAsync();
        string tree = await WorktreeAsync(bench, before);
        await CommitAsync(
            tree,
            "x.txt",
            "1\n",
            "First\n\nWhy it is so.\n\nSigned-off-by: Someone <s@example.org>",
            "--author=Zoë Müller <z@example.org>",
            "--date=2020-02-03T04:05:06+0200"
        );
        await CommitAsync(tree, "a.txt", "other\n", "Same as another");
        await CommitAsync(tree, "y.txt", "2\n", "Last\n\nIsolation-Attempt: victim.1\nIsolation-Tested-Tree: 123");
        string head = await ThrowawayRepository.GitInAsync(tree, ["rev-parse", "HEAD"]);
        QueueItem same = await bench.SubmitAsync("same", await bench.Fixture.WorkAsync(before, ("a.txt", "other\n")));
        QueueItem item = await bench.SubmitAsync("item", new Capture(head, before, "refs/x", []));

        Candidate[] links = await bench.LandedAsync(same, item);

        // The commit in the middle is empty by now.
        Assert.Equal(2, links[1].Commits.Count);
        Assert.Equal(
            "Zoë Müller <z@example.org> 2020-02-03T04:05:06+02:00",
            await bench.Fixture.GitAsync("log", "-1", "--format=%an <%ae> %aI", links[1].Commits[0])
        );
        Assert.Equal(
            "First\n\nWhy it is so.\n\nSigned-off-by: Someone <s@example.org>\nIsolation-Item: item",
            (await bench.Fixture.GitAsync("log", "-1", "--format=%B", links[1].Commits[0])).TrimEnd()
        );
        Assert.Equal(
            $"Last\n\nIsolation-Item: item\nIsolation-Attempt: item.1\nIsolation-Head: {head}",
            (await bench.Fixture.GitAsync("log", "-1", "--format=%B", links[1].Commit)).TrimEnd()
        );
        Assert.Equal("", await bench.Fixture.GitAsync("rev-list", "--merges", $"{before}..{QueueFixture.TargetRef}"));
        Assert.Null(
            await new TargetHistory(bench.Context.Names).FindAsync(
                new AttemptId("victim", 1),
                await bench.Fixture.TargetCommitAsync(),
                CancellationToken.None
            )
        );
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rebase_flattens_merge_commits_unless_that_would_lose_something(bool changesOfItsOwn)
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.Rebase, ("a.txt", "a\n"));
        string before = await bench.Fixture.TargetCommitAsync();
        string tree = await WorktreeAsync(bench, before);
        await CommitAsync(tree, "side.txt", "1\n", "Side");
        string side = await ThrowawayRepository.GitInAsync(tree, ["rev-parse", "HEAD"]);
        await ThrowawayRepository.GitInAsync(tree, ["checkout", "-q", "--detach", before]);
        await CommitAsync(tree, "main.txt", "2\n", "Main");
        await ThrowawayRepository.GitInAsync(tree, ["merge", "-q", "--no-ff", "--no-commit", side]);
        await CommitAsync(tree, changesOfItsOwn ? "evil.txt" : "main.txt", "2\n", "Both");
        QueueItem item = await bench.SubmitAsync(
            "item",
            new Capture(await ThrowawayRepository.GitInAsync(tree, ["rev-parse", "HEAD"]), before, "refs/x", [])
        );
        QueueItem ahead = await bench.SubmitAsync("ahead", await bench.Fixture.WorkAsync(before, ("o.txt", "o\n")));

        StackingResult stacking = await bench.StackAsync(item, await bench.ChainAsync(ahead));

        if (changesOfItsOwn)
        {
            QueueItem over = Assert.IsType<StackingResult.Final>(stacking).Item;
            Assert.Equal(MergeState.Conflicted, over.State);
            Assert.Contains("SyncAsync", over.Reason, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(2, Assert.IsType<StackingResult.Stacked>(stacking).Candidate.Commits.Count);
        }
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_fast_forward_lands_the_workers_own_commits_and_the_journal_proves_it()
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.FastForward, ("a.txt", "a\n"));
        string before = await bench.Fixture.TargetCommitAsync();
        Capture below = await bench.Fixture.WorkAsync(before, ("one.txt", "1\n"));
        Capture above = await bench.Fixture.WorkAsync(
            (await bench.Fixture.WorkAsync(below.Commit, ("two.txt", "2\n"))).Commit,
            ("two.txt", "3\n")
        );
        QueueItem one = await bench.SubmitAsync("one", below);
        QueueItem two = await bench.SubmitAsync("two", above);
        QueueItem beside = await bench.SubmitAsync("beside", await bench.Fixture.WorkAsync(before, ("x.txt", "x\n")));
        Candidate[] chain = await bench.ChainAsync(one, two);

        Assert.Equal(
            [one.Attempt, two.Attempt],
            Assert.IsType<StackingResult.Conflict>(await bench.StackAsync(beside, chain)).With
        );
        LandingResult.Landed landed = Assert.IsType<LandingResult.Landed>(
            await bench.Landing.LandAsync(before, chain, _ => true, CancellationToken.None)
        );

        Assert.Equal([below.Commit, above.Commit], landed.Candidates.Select(l => l.Commit));
        Assert.Equal(above.Commit, await bench.Fixture.TargetCommitAsync());
        Assert.Equal(
            below.Commit,
            (
                await new TargetHistory(bench.Context.Names).FindAsync(
                    one.Attempt,
                    above.Commit,
                    CancellationToken.None
                )
            )!.Commit
        );
        Assert.Null(
            await new TargetHistory(bench.Context.Names).FindAsync(two.Attempt, below.Commit, CancellationToken.None)
        );
        QueueItem over = Assert.IsType<StackingResult.Final>(await bench.StackAsync(beside)).Item;
        Assert.Equal(MergeState.Conflicted, over.State);
        Assert.Contains("not a fast-forward of target: rebase it (SyncAsync", over.Reason, StringComparison.Ordinal);
    }

    [IsolationFact]
    public async Task A_fast_forward_neither_turns_the_targets_line_around_nor_takes_trailers_from_workers()
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.FastForward, ("a.txt", "a\n"));
        string before = await bench.Fixture.TargetCommitAsync();
        string tree = await WorktreeAsync(bench, before);
        await CommitAsync(tree, "x.txt", "1\n", "Innocent\n\nIsolation-Attempt: victim.1");
        QueueItem forged = await bench.SubmitAsync(
            "forged",
            new Capture(await ThrowawayRepository.GitInAsync(tree, ["rev-parse", "HEAD"]), before, "refs/x", [])
        );
        Assert.Equal(
            MergeState.Rejected,
            Assert.IsType<StackingResult.Final>(await bench.StackAsync(forged)).Item.State
        );

        string target = (await bench.Fixture.WorkAsync(before, ("o.txt", "o\n"))).Commit;
        await bench.Fixture.GitAsync("update-ref", QueueFixture.TargetRef, target);
        await ThrowawayRepository.GitInAsync(tree, ["checkout", "-q", "--detach", before]);
        await CommitAsync(tree, "y.txt", "1\n", "Mine");
        await ThrowawayRepository.GitInAsync(tree, ["merge", "-q", "--no-ff", "-m", "Target into mine", target]);
        QueueItem turned = await bench.SubmitAsync(
            "turned",
            new Capture(await ThrowawayRepository.GitInAsync(tree, ["rev-parse", "HEAD"]), before, "refs/x", [])
        );
        Assert.Equal(
            MergeState.Conflicted,
            Assert.IsType<StackingResult.Final>(await bench.StackAsync(turned)).Item.State
        );
    }

    private static async Task<string> WorktreeAsync(LandingFixture bench, string from)
    {
        string tree = Path.Combine(bench.Fixture.Repository.Root, "w" + Guid.NewGuid().ToString("n")[..8]);
        await bench.Fixture.GitAsync("worktree", "add", "-q", "--detach", tree, from);
        return tree;
    }

    private static async Task CommitAsync(
        string tree,
        string file,
        string content,
        string message,
        params string[] more
    )
    {
        await File.WriteAllTextAsync(Path.Combine(tree, file), content);
        await ThrowawayRepository.GitInAsync(tree, ["add", "-A"]);
        await ThrowawayRepository.GitInAsync(tree, ["commit", "-q", "--allow-empty", "-m", message, .. more]);
    }
}
