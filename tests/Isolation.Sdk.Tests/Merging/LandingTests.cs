using Isolation.Sdk.Merging;
using Isolation.Sdk.Merging.Landing;
using Isolation.Sdk.Merging.Queueing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging;

public class LandingTests
{
    [IsolationFact]
    public async Task Three_items_land_in_one_move_of_the_target()
    {
        await using LandingBench bench = await LandingBench.CreateAsync(MergeMode.Merge, ("a.txt", "a\n"));
        string before = await bench.Bench.TargetCommitAsync();
        QueueItem one = await ItemAsync(bench, "one", before);
        QueueItem two = await ItemAsync(bench, "two", before);
        QueueItem three = await ItemAsync(bench, "three", before);

        Link[] links = await bench.LandedAsync(one, two, three);

        Assert.Equal(links[2].Commit, await bench.Bench.TargetCommitAsync());
        Assert.Equal(
            ["three", "two", "one"],
            (
                await bench.Bench.GitAsync("log", "--first-parent", "--format=%s", $"{before}..{QueueBench.TargetRef}")
            ).Split('\n')
        );
        Assert.Equal(["Landed one.1, two.1, three.1"], await bench.JournalAsync());
        Assert.Equal(before, await bench.Bench.GitAsync("rev-parse", "refs/isolation/mq/target/backup"));
        Assert.Empty(await bench.ItemRefsAsync());
        Assert.Equal("", await bench.Bench.GitAsync("fsck", "--no-dangling", "--strict"));
    }

    [IsolationFact]
    public async Task What_collides_with_those_ahead_alone_is_provisional_and_what_collides_with_the_target_is_final()
    {
        await using LandingBench bench = await LandingBench.CreateAsync(
            MergeMode.Merge,
            ("a.txt", "a\n"),
            ("b.txt", "b\n")
        );
        string before = await bench.Bench.TargetCommitAsync();
        QueueItem other = await ItemAsync(bench, "other", before);
        QueueItem ahead = await bench.SubmitAsync("ahead", await bench.Bench.WorkAsync(before, ("a.txt", "ahead\n")));
        QueueItem behind = await bench.SubmitAsync(
            "behind",
            await bench.Bench.WorkAsync(before, ("a.txt", "behind\n"))
        );
        Link[] chain = await bench.ChainAsync(other, ahead);

        Stacking.Collides provisional = Assert.IsType<Stacking.Collides>(await bench.StackAsync(behind, chain));
        Assert.Equal([ahead.Attempt], provisional.With);
        Assert.Equal(["ahead"], provisional.Conflict.With);
        Assert.Equal("a.txt", Assert.Single(provisional.Conflict.Files).Path);

        Assert.IsType<LandOutcome.Landed>(await bench.LandAsync(chain));
        Link later = Assert.Single(await bench.ChainAsync(await ItemAsync(bench, "later", before)));
        QueueItem final = Assert.IsType<Stacking.Over>(await bench.StackAsync(behind, later)).Item;
        Assert.Equal((MergeState.Conflicted, "ahead"), (final.State, Assert.Single(final.Conflict!.With)));
    }

    [IsolationFact]
    public async Task What_those_ahead_bring_too_is_nothing_only_once_they_have_landed()
    {
        await using LandingBench bench = await LandingBench.CreateAsync(MergeMode.Squash, ("a.txt", "a\n"));
        string before = await bench.Bench.TargetCommitAsync();
        QueueItem ahead = await bench.SubmitAsync("ahead", await bench.Bench.WorkAsync(before, ("a.txt", "same\n")));
        QueueItem behind = await bench.SubmitAsync(
            "behind",
            await bench.Bench.WorkAsync(before, ("a.txt", "same\n"), ("x", null))
        );
        Link[] chain = await bench.ChainAsync(ahead);

        Stacking.Collides provisional = Assert.IsType<Stacking.Collides>(await bench.StackAsync(behind, chain));
        Assert.Equal([ahead.Attempt], provisional.With);
        Assert.Contains("Nothing to merge", Assert.Single(provisional.Conflict.Messages), StringComparison.Ordinal);

        Assert.IsType<LandOutcome.Landed>(await bench.LandAsync(chain));
        Assert.Equal(MergeState.Cancelled, Assert.IsType<Stacking.Over>(await bench.StackAsync(behind)).Item.State);
    }

    [IsolationFact]
    public async Task Attributes_that_a_link_ahead_brings_hold_for_those_behind_it()
    {
        await using LandingBench bench = await LandingBench.CreateAsync(MergeMode.Merge, ("list.txt", "a\n"));
        string before = await bench.Bench.TargetCommitAsync();
        QueueItem attributes = await bench.SubmitAsync(
            "attributes",
            await bench.Bench.WorkAsync(before, (".gitattributes", "list.txt merge=union\n"))
        );
        QueueItem one = await bench.SubmitAsync("one", await bench.Bench.WorkAsync(before, ("list.txt", "a\none\n")));
        QueueItem two = await bench.SubmitAsync("two", await bench.Bench.WorkAsync(before, ("list.txt", "a\ntwo\n")));

        Assert.IsType<Stacking.Collides>(await bench.StackAsync(two, await bench.ChainAsync(one)));
        Link[] chain = await bench.ChainAsync(attributes, one, two);

        Assert.Equal("a\none\ntwo", await bench.Bench.GitAsync("show", chain[2].Commit + ":list.txt"));
        Assert.IsType<Stacking.Collides>(await bench.StackAsync(two, await bench.ChainAsync(one)));
    }

    [IsolationFact]
    public async Task A_changed_item_and_a_moved_target_are_told_apart_and_nothing_lands()
    {
        await using LandingBench bench = await LandingBench.CreateAsync(MergeMode.Merge, ("a.txt", "a\n"));
        string before = await bench.Bench.TargetCommitAsync();
        QueueItem one = await ItemAsync(bench, "one", before);
        QueueItem two = await ItemAsync(bench, "two", before);
        Link[] chain = await bench.ChainAsync(one, two);

        QueueItem changed = (
            await bench.Store.TryChangeAsync(
                two,
                two with
                {
                    Hold = new HoldReason(MergeHold.Paused, "for the test"),
                },
                CancellationToken.None
            )
        )!;
        Assert.Equal(two.Attempt, Assert.IsType<LandOutcome.Changed>(await bench.LandAsync(chain)).Attempt);
        Assert.Equal(before, await bench.Bench.TargetCommitAsync());
        Assert.Equal("", await bench.Bench.GitAsync("for-each-ref", "refs/isolation/mq/target/journal"));

        chain = await bench.ChainAsync(one, changed);
        string outside = (await bench.Bench.WorkAsync(before, ("o", "o\n"))).Commit;
        await bench.Bench.GitAsync("update-ref", QueueBench.TargetRef, outside);
        Assert.IsType<LandOutcome.Moved>(await bench.LandAsync(chain));
        Assert.Equal(outside, await bench.Bench.TargetCommitAsync());
        Assert.Equal(2, (await bench.ItemRefsAsync()).Length);
    }

    [IsolationFact]
    public async Task A_claim_that_a_tree_was_tested_is_made_only_of_trees_with_a_pass()
    {
        await using LandingBench bench = await LandingBench.CreateAsync(MergeMode.Squash, ("a.txt", "a\n"));
        string before = await bench.Bench.TargetCommitAsync();
        Link[] chain = await bench.ChainAsync(
            await ItemAsync(bench, "one", before),
            await ItemAsync(bench, "two", before),
            await ItemAsync(bench, "three", before)
        );

        LandOutcome.Landed landed = Assert.IsType<LandOutcome.Landed>(
            await bench.Lander.LandAsync(before, chain, tree => tree == chain[1].Tree, CancellationToken.None)
        );

        Assert.Equal([false, true, false], landed.Links.Select(l => l.ClaimsTested));
        Assert.Equal(chain.Select(l => l.Tree), landed.Links.Select(l => l.Tree));
        Assert.Equal(chain[0].Commit, landed.Links[0].Commit);
        Assert.Equal(
            ["", chain[1].Tree, ""],
            (
                await bench.Bench.GitAsync(
                    "log",
                    "--reverse",
                    "--format=%(trailers:key=Isolation-Tested-Tree,valueonly,separator=%x2C)",
                    $"{before}..{QueueBench.TargetRef}"
                ) + "\n"
            )
                .Split('\n')
                .Take(3)
        );
    }

    [IsolationTheory]
    [InlineData("untested")]
    [InlineData("tree")]
    [InlineData("order")]
    [InlineData("gap")]
    [InlineData("head")]
    [InlineData("missing")]
    [InlineData("empty")]
    public async Task The_checklist_refuses_what_was_not_stacked_as_it_says(string fault)
    {
        await using LandingBench bench = await LandingBench.CreateAsync(MergeMode.Merge, ("a.txt", "a\n"));
        string before = await bench.Bench.TargetCommitAsync();
        Link[] chain = await bench.ChainAsync(
            await ItemAsync(bench, "one", before),
            await ItemAsync(bench, "two", before),
            await ItemAsync(bench, "three", before)
        );
        Link[] wrong = fault switch
        {
            "untested" => [chain[0], chain[1], chain[2] with { Item = chain[2].Item with { NeedsGate = true } }],
            "tree" => [chain[0], chain[1] with { Tree = chain[0].Tree }, chain[2]],
            "order" => [chain[0], chain[2], chain[1]],
            "gap" => [chain[0], chain[2] with { Parent = chain[0].Commit }],
            "head" => [chain[0], chain[1], chain[2] with { Item = chain[2].Item with { Head = chain[1].Item.Head } }],
            "missing" =>
            [
                chain[0],
                chain[1],
                chain[2] with
                {
                    Commit = new string('1', 40),
                    Commits = [new string('1', 40)],
                },
            ],
            _ => [],
        };

        Assert.IsType<LandOutcome.Refused>(
            await bench.Lander.LandAsync(
                before,
                wrong,
                tree => fault == "untested" && tree != chain[2].Tree,
                CancellationToken.None
            )
        );
        Assert.Equal(before, await bench.Bench.TargetCommitAsync());
        Assert.Equal("", await bench.Bench.GitAsync("for-each-ref", "refs/isolation/mq/target/journal"));
    }

    private static async Task<QueueItem> ItemAsync(LandingBench bench, string name, string from) =>
        await bench.SubmitAsync(name, await bench.Bench.WorkAsync(from, (name + ".txt", name + "\n")));
}
