using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging;

public class LandingTests
{
    [IsolationFact]
    public async Task Three_items_land_in_one_move_of_the_target()
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.Merge, ("a.txt", "a\n"));
        string before = await bench.Fixture.TargetCommitAsync();
        QueueItem one = await ItemAsync(bench, "one", before);
        QueueItem two = await ItemAsync(bench, "two", before);
        QueueItem three = await ItemAsync(bench, "three", before);

        Candidate[] links = await bench.LandedAsync(one, two, three);

        Assert.Equal(links[2].Commit, await bench.Fixture.TargetCommitAsync());
        Assert.Equal(
            ["three", "two", "one"],
            (
                await bench.Fixture.GitAsync(
                    "log",
                    "--first-parent",
                    "--format=%s",
                    $"{before}..{QueueFixture.TargetRef}"
                )
            ).Split('\n')
        );
        Assert.Equal(["Landed one.1, two.1, three.1"], await bench.JournalAsync());
        Assert.Equal(before, await bench.Fixture.GitAsync("rev-parse", "refs/isolation/mq/target/backup"));
        Assert.Empty(await bench.ItemRefsAsync());
        Assert.Equal("", await bench.Fixture.GitAsync("fsck", "--no-dangling", "--strict"));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_collides_with_those_ahead_alone_is_provisional_and_what_collides_with_the_target_is_final()
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(
            MergeMode.Merge,
            ("a.txt", "a\n"),
            ("b.txt", "b\n")
        );
        string before = await bench.Fixture.TargetCommitAsync();
        QueueItem other = await ItemAsync(bench, "other", before);
        QueueItem ahead = await bench.SubmitAsync("ahead", await bench.Fixture.WorkAsync(before, ("a.txt", "ahead\n")));
        QueueItem behind = await bench.SubmitAsync(
            "behind",
            await bench.Fixture.WorkAsync(before, ("a.txt", "behind\n"))
        );
        Candidate[] chain = await bench.ChainAsync(other, ahead);

        StackingResult.Conflict provisional = Assert.IsType<StackingResult.Conflict>(
            await bench.StackAsync(behind, chain)
        );
        Assert.Equal([ahead.Attempt], provisional.With);
        Assert.Equal(["ahead"], provisional.Details.With);
        Assert.Equal("a.txt", Assert.Single(provisional.Details.Files).Path);

        Assert.IsType<LandingResult.Landed>(await bench.LandAsync(chain));
        Candidate later = Assert.Single(await bench.ChainAsync(await ItemAsync(bench, "later", before)));
        QueueItem final = Assert.IsType<StackingResult.Final>(await bench.StackAsync(behind, later)).Item;
        Assert.Equal((MergeState.Conflicted, "ahead"), (final.State, Assert.Single(final.Conflict!.With)));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_those_ahead_bring_too_is_nothing_only_once_they_have_landed()
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.Squash, ("a.txt", "a\n"));
        string before = await bench.Fixture.TargetCommitAsync();
        QueueItem ahead = await bench.SubmitAsync("ahead", await bench.Fixture.WorkAsync(before, ("a.txt", "same\n")));
        QueueItem behind = await bench.SubmitAsync(
            "behind",
            await bench.Fixture.WorkAsync(before, ("a.txt", "same\n"), ("x", null))
        );
        Candidate[] chain = await bench.ChainAsync(ahead);

        StackingResult.Conflict provisional = Assert.IsType<StackingResult.Conflict>(
            await bench.StackAsync(behind, chain)
        );
        Assert.Equal([ahead.Attempt], provisional.With);
        Assert.Contains("Nothing to merge", Assert.Single(provisional.Details.Messages), StringComparison.Ordinal);

        Assert.IsType<LandingResult.Landed>(await bench.LandAsync(chain));
        Assert.Equal(
            MergeState.NoChange,
            Assert.IsType<StackingResult.Final>(await bench.StackAsync(behind)).Item.State
        );
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Attributes_that_a_link_ahead_brings_hold_for_those_behind_it()
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.Merge, ("list.txt", "a\n"));
        string before = await bench.Fixture.TargetCommitAsync();
        QueueItem attributes = await bench.SubmitAsync(
            "attributes",
            await bench.Fixture.WorkAsync(before, (".gitattributes", "list.txt merge=union\n"))
        );
        QueueItem one = await bench.SubmitAsync("one", await bench.Fixture.WorkAsync(before, ("list.txt", "a\none\n")));
        QueueItem two = await bench.SubmitAsync("two", await bench.Fixture.WorkAsync(before, ("list.txt", "a\ntwo\n")));

        Assert.IsType<StackingResult.Conflict>(await bench.StackAsync(two, await bench.ChainAsync(one)));
        Candidate[] chain = await bench.ChainAsync(attributes, one, two);

        Assert.Equal("a\none\ntwo", await bench.Fixture.GitAsync("show", chain[2].Commit + ":list.txt"));
        Assert.IsType<StackingResult.Conflict>(await bench.StackAsync(two, await bench.ChainAsync(one)));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_changed_item_and_a_moved_target_are_told_apart_and_nothing_lands()
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.Merge, ("a.txt", "a\n"));
        string before = await bench.Fixture.TargetCommitAsync();
        QueueItem one = await ItemAsync(bench, "one", before);
        QueueItem two = await ItemAsync(bench, "two", before);
        Candidate[] chain = await bench.ChainAsync(one, two);

        QueueItem changed = (
            await bench.Store.TryChangeAsync(
                two,
                two with
                {
                    Hold = new ItemHold(MergeHoldReason.Paused, "for the test"),
                },
                CancellationToken.None
            )
        )!;
        Assert.Equal(two.Attempt, Assert.IsType<LandingResult.Changed>(await bench.LandAsync(chain)).Attempt);
        Assert.Equal(before, await bench.Fixture.TargetCommitAsync());
        Assert.Equal("", await bench.Fixture.GitAsync("for-each-ref", "refs/isolation/mq/target/journal"));

        chain = await bench.ChainAsync(one, changed);
        string outside = (await bench.Fixture.WorkAsync(before, ("o", "o\n"))).Commit;
        await bench.Fixture.GitAsync("update-ref", QueueFixture.TargetRef, outside);
        Assert.IsType<LandingResult.Moved>(await bench.LandAsync(chain));
        Assert.Equal(outside, await bench.Fixture.TargetCommitAsync());
        Assert.Equal(2, (await bench.ItemRefsAsync()).Length);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_claim_that_a_tree_was_tested_is_made_only_of_trees_with_a_pass()
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.Squash, ("a.txt", "a\n"));
        string before = await bench.Fixture.TargetCommitAsync();
        Candidate[] chain = await bench.ChainAsync(
            await ItemAsync(bench, "one", before),
            await ItemAsync(bench, "two", before),
            await ItemAsync(bench, "three", before)
        );

        LandingResult.Landed landed = Assert.IsType<LandingResult.Landed>(
            await bench.Landing.LandAsync(before, chain, tree => tree == chain[1].Tree, CancellationToken.None)
        );

        Assert.Equal([false, true, false], landed.Candidates.Select(l => l.RecordsTestedTree));
        Assert.Equal(chain.Select(l => l.Tree), landed.Candidates.Select(l => l.Tree));
        Assert.Equal(chain[0].Commit, landed.Candidates[0].Commit);
        Assert.Equal(
            ["", chain[1].Tree, ""],
            (
                await bench.Fixture.GitAsync(
                    "log",
                    "--reverse",
                    "--format=%(trailers:key=Isolation-Tested-Tree,valueonly,separator=%x2C)",
                    $"{before}..{QueueFixture.TargetRef}"
                ) + "\n"
            )
                .Split('\n')
                .Take(3)
        );
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData("untested")]
    [InlineData("tree")]
    [InlineData("order")]
    [InlineData("gap")]
    [InlineData("head")]
    [InlineData("missing")]
    [InlineData("empty")]
    public async Task The_checklist_refuses_what_was_not_stacked_as_it_says(string fault)
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.Merge, ("a.txt", "a\n"));
        string before = await bench.Fixture.TargetCommitAsync();
        Candidate[] chain = await bench.ChainAsync(
            await ItemAsync(bench, "one", before),
            await ItemAsync(bench, "two", before),
            await ItemAsync(bench, "three", before)
        );
        Candidate[] wrong = fault switch
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

        Assert.IsType<LandingResult.Refused>(
            await bench.Landing.LandAsync(
                before,
                wrong,
                tree => fault == "untested" && tree != chain[2].Tree,
                CancellationToken.None
            )
        );
        Assert.Equal(before, await bench.Fixture.TargetCommitAsync());
        Assert.Equal("", await bench.Fixture.GitAsync("for-each-ref", "refs/isolation/mq/target/journal"));
    }

    private static async Task<QueueItem> ItemAsync(LandingFixture bench, string name, string from) =>
        await bench.SubmitAsync(name, await bench.Fixture.WorkAsync(from, (name + ".txt", name + "\n")));
}
