using Isolation.Sdk.Merging;
using Isolation.Sdk.Merging.Landing;
using Isolation.Sdk.Merging.Queueing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging;

public class LandingRecoveryTests
{
    [IsolationFact]
    public async Task An_intent_whose_target_did_not_move_is_dropped_and_its_items_land_later()
    {
        await using LandingBench bench = await LandingBench.CreateAsync(MergeMode.Merge, ("a.txt", "a\n"));
        string before = await bench.Bench.TargetCommitAsync();
        QueueItem item = await ItemAsync(bench, "one", before);
        await DieAsync(bench, QueueStep.AfterIntent, item);
        Assert.Equal(["About to land one.1"], await bench.JournalAsync());

        Assert.True(await bench.RecoverAsync());
        Assert.False(await bench.RecoverAsync());

        Assert.Equal(["Did not land one.1"], await bench.JournalAsync());
        Assert.Equal(before, await bench.Bench.TargetCommitAsync());
        await bench.LandedAsync(item);
        Assert.Equal(["Landed one.1", "Did not land one.1"], await bench.JournalAsync());
    }

    [IsolationTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_intent_whose_target_moved_is_finished_even_when_others_went_on_from_there(bool wentOn)
    {
        await using LandingBench bench = await LandingBench.CreateAsync(MergeMode.Merge, ("a.txt", "a\n"));
        string before = await bench.Bench.TargetCommitAsync();
        await bench.Bench.GitAsync("branch", "work", before);
        QueueItem one = await ItemAsync(bench, "one", before);
        QueueItem two = await bench.SubmitAsync(
            "two",
            await bench.Bench.WorkAsync(before, ("two.txt", "two\n")),
            "work"
        );
        Link[] chain = await DieAsync(bench, QueueStep.AfterIntent, one, two);

        // A ref transaction is not whole on the disk when the machine dies in it: the target may be the only ref that has moved.
        string tip = wentOn ? (await bench.Bench.WorkAsync(chain[1].Commit, ("o", "o\n"))).Commit : chain[1].Commit;
        await bench.Bench.GitAsync("update-ref", QueueBench.TargetRef, tip);
        await bench.Store.TryChangeAsync(two, two with { State = MergeState.Cancelled }, CancellationToken.None);

        Assert.True(await bench.RecoverAsync());

        Assert.Equal(tip, await bench.Bench.TargetCommitAsync());
        Assert.Equal(["Landed one.1, two.1"], await bench.JournalAsync());
        Assert.Empty(await bench.ItemRefsAsync());
        Assert.Equal("", await bench.Bench.GitAsync("branch", "--list", "work"));
        Assert.Equal(before, await bench.Bench.GitAsync("rev-parse", "refs/isolation/mq/target/backup"));
    }

    [IsolationFact]
    public async Task After_the_swap_there_is_nothing_to_recover()
    {
        await using LandingBench bench = await LandingBench.CreateAsync(MergeMode.Squash, ("a.txt", "a\n"));
        Link[] chain = await DieAsync(
            bench,
            QueueStep.AfterSwap,
            await ItemAsync(bench, "one", await bench.Bench.TargetCommitAsync())
        );

        Assert.False(await bench.RecoverAsync());
        Assert.Equal(chain[0].Commit, await bench.Bench.TargetCommitAsync());
        Assert.Equal(["Landed one.1"], await bench.JournalAsync());
    }

    [IsolationFact]
    public async Task A_late_swap_of_a_dead_actor_cannot_land_what_the_next_one_has_dropped()
    {
        await using LandingBench bench = await LandingBench.CreateAsync(MergeMode.Merge, ("a.txt", "a\n"));
        string before = await bench.Bench.TargetCommitAsync();
        QueueItem item = await ItemAsync(bench, "one", before);
        LandingBench late = await LandingBench.OnAsync(bench.Bench, reached: step =>
        {
            if (step == QueueStep.AfterIntent)
            {
                Assert.True(Task.Run(bench.RecoverAsync).GetAwaiter().GetResult());
            }
        });

        Assert.IsType<LandOutcome.Moved>(await late.LandAsync(await bench.ChainAsync(item)));

        Assert.Equal(before, await bench.Bench.TargetCommitAsync());
        Assert.Equal(["Did not land one.1"], await bench.JournalAsync());
        Assert.Single(await bench.ItemRefsAsync());
    }

    [IsolationFact]
    public async Task The_journal_is_read_with_plain_git_and_keeps_nothing_alive_but_itself()
    {
        await using LandingBench bench = await LandingBench.CreateAsync(MergeMode.Merge, ("a.txt", "a\n"));
        string before = await bench.Bench.TargetCommitAsync();
        Link landed = (await bench.LandedAsync(await ItemAsync(bench, "one", before)))[0];

        string entry = await bench.Bench.GitAsync("log", "-1", "--format=%B", "refs/isolation/mq/target/journal");
        Assert.StartsWith(
            $"Landed one.1\n\nrefs/heads/target {before}..{landed.Commit}\n\n{{\"state\":\"Landed\"",
            entry,
            StringComparison.Ordinal
        );
        Assert.EndsWith("Isolation-Attempt: one.1", entry.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal(
            2,
            (
                await bench.Bench.GitAsync(
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
            (await Journal.FindAsync(bench.Context.Names, new AttemptId("one", 1), CancellationToken.None))!.Commit
        );
        Assert.Null(await Journal.FindAsync(bench.Context.Names, new AttemptId("one", 10), CancellationToken.None));
    }

    /// <summary>Ends an actor at a step, as far as the refs are concerned.</summary>
    private static async Task<Link[]> DieAsync(LandingBench bench, QueueStep at, params QueueItem[] items)
    {
        Link[] chain = await bench.ChainAsync(items);
        LandingBench dying = await LandingBench.OnAsync(
            bench.Bench,
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

    private static async Task<QueueItem> ItemAsync(LandingBench bench, string name, string from) =>
        await bench.SubmitAsync(name, await bench.Bench.WorkAsync(from, (name + ".txt", name + "\n")));
}
