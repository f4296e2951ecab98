using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging;

public class LandingRecoveryTests
{
    [IsolationFact]
    public async Task An_intent_whose_target_did_not_move_is_dropped_and_its_items_land_later()
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.Merge, ("a.txt", "a\n"));
        string before = await bench.Fixture.TargetCommitAsync();
        QueueItem item = await ItemAsync(bench, "one", before);
        await DieAsync(bench, QueueStep.AfterIntent, item);
        Assert.Equal(["About to land one.1"], await bench.JournalAsync());

        Assert.True(await bench.RecoverAsync());
        Assert.False(await bench.RecoverAsync());

        Assert.Equal(["Did not land one.1"], await bench.JournalAsync());
        Assert.Equal(before, await bench.Fixture.TargetCommitAsync());
        await bench.LandedAsync(item);
        Assert.Equal(["Landed one.1", "Did not land one.1"], await bench.JournalAsync());
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_intent_whose_target_moved_is_finished_even_when_others_went_on_from_there(bool wentOn)
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.Merge, ("a.txt", "a\n"));
        string before = await bench.Fixture.TargetCommitAsync();
        await bench.Fixture.GitAsync("branch", "work", before);
        QueueItem one = await ItemAsync(bench, "one", before);
        QueueItem two = await bench.SubmitAsync(
            "two",
            await bench.Fixture.WorkAsync(before, ("two.txt", "two\n")),
            "work"
        );
        Candidate[] chain = await DieAsync(bench, QueueStep.AfterIntent, one, two);

        // A ref transaction is not whole on the disk when the machine dies in it: the target may be the only ref that
        // has moved.
        string tip = wentOn ? (await bench.Fixture.WorkAsync(chain[1].Commit, ("o", "o\n"))).Commit : chain[1].Commit;
        await bench.Fixture.GitAsync("update-ref", QueueFixture.TargetRef, tip);
        await bench.Store.TryChangeAsync(two, two with { State = MergeState.Cancelled }, CancellationToken.None);

        Assert.True(await bench.RecoverAsync());

        Assert.Equal(tip, await bench.Fixture.TargetCommitAsync());
        Assert.Equal(["Landed one.1, two.1"], await bench.JournalAsync());
        Assert.Empty(await bench.ItemRefsAsync());
        Assert.Equal("", await bench.Fixture.GitAsync("branch", "--list", "work"));
        Assert.Equal(before, await bench.Fixture.GitAsync("rev-parse", "refs/isolation/mq/target/backup"));
    }

    [IsolationFact]
    public async Task After_the_swap_there_is_nothing_to_recover()
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.Squash, ("a.txt", "a\n"));
        Candidate[] chain = await DieAsync(
            bench,
            QueueStep.AfterTransaction,
            await ItemAsync(bench, "one", await bench.Fixture.TargetCommitAsync())
        );

        Assert.False(await bench.RecoverAsync());
        Assert.Equal(chain[0].Commit, await bench.Fixture.TargetCommitAsync());
        Assert.Equal(["Landed one.1"], await bench.JournalAsync());
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_late_swap_of_a_dead_actor_cannot_land_what_the_next_one_has_dropped()
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.Merge, ("a.txt", "a\n"));
        string before = await bench.Fixture.TargetCommitAsync();
        QueueItem item = await ItemAsync(bench, "one", before);
        LandingFixture late = await LandingFixture.OnAsync(bench.Fixture, reached: step =>
        {
            if (step == QueueStep.AfterIntent)
            {
                Assert.True(Task.Run(bench.RecoverAsync).GetAwaiter().GetResult());
            }
        });

        Assert.IsType<LandingResult.Moved>(await late.LandAsync(await bench.ChainAsync(item)));

        Assert.Equal(before, await bench.Fixture.TargetCommitAsync());
        Assert.Equal(["Did not land one.1"], await bench.JournalAsync());
        Assert.Single(await bench.ItemRefsAsync());
    }

    [IsolationFact]
    public async Task The_journal_is_read_with_plain_git_and_keeps_nothing_alive_but_itself()
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.Merge, ("a.txt", "a\n"));
        string before = await bench.Fixture.TargetCommitAsync();
        Candidate landed = (await bench.LandedAsync(await ItemAsync(bench, "one", before)))[0];

        string entry = await bench.Fixture.GitAsync("log", "-1", "--format=%B", "refs/isolation/mq/target/journal");
        Assert.StartsWith(
            $"Landed one.1\n\nrefs/heads/target {before}..{landed.Commit}\n\n{{\"state\":\"Landed\"",
            entry,
            StringComparison.Ordinal
        );
        Assert.EndsWith("Isolation-Attempt: one.1", entry.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal(
            2,
            (
                await bench.Fixture.GitAsync(
                    "rev-list",
                    "--objects",
                    "--no-object-names",
                    "refs/isolation/mq/target/journal"
                )
            )
                .Split('\n')
                .Length
        );
        Assert.Equal(
            landed.Commit,
            (
                await LandingJournal.FindAsync(bench.Context.Names, new AttemptId("one", 1), CancellationToken.None)
            )!.Commit
        );
        Assert.Null(
            await LandingJournal.FindAsync(bench.Context.Names, new AttemptId("one", 10), CancellationToken.None)
        );
    }

    /// <summary>Ends an actor at a step, as far as the refs are concerned.</summary>
    private static async Task<Candidate[]> DieAsync(LandingFixture bench, QueueStep at, params QueueItem[] items)
    {
        Candidate[] chain = await bench.ChainAsync(items);
        LandingFixture dying = await LandingFixture.OnAsync(
            bench.Fixture,
            o => o.Mode = bench.Context.Policy.Options.Mode,
            step =>
            {
                if (step == at)
                {
                    throw new TimeoutException("dead");
                }
            }
        );
        await Assert.ThrowsAsync<TimeoutException>(() => dying.LandAsync(chain));
        return chain;
    }

    private static async Task<QueueItem> ItemAsync(LandingFixture bench, string name, string from) =>
        await bench.SubmitAsync(name, await bench.Fixture.WorkAsync(from, (name + ".txt", name + "\n")));
}
