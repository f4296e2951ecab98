using Isolation.Sdk.Merging;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging;

public class LandingPushTests
{
    [IsolationFact]
    public async Task The_remote_has_the_target_before_it_moves_here()
    {
        string? there = null;
        string? here = null;
        await using LandingFixture bench = await CreateAsync(
            step => step == QueueStep.AfterPush,
            async b => (there, here) = (await RemoteTargetAsync(b), await b.Fixture.TargetCommitAsync())
        );
        string before = await bench.Fixture.TargetCommitAsync();
        await bench.Fixture.GitAsync("push", "-q", "origin", "target");

        Candidate[] landed = await bench.LandedAsync(
            await ItemAsync(bench, "one", before),
            await ItemAsync(bench, "two", before)
        );

        Assert.Equal((landed[1].Commit, before), (there, here));
        Assert.Equal(landed[1].Commit, await bench.Fixture.TargetCommitAsync());
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_remote_that_has_no_target_yet_gets_it_with_the_first_landing()
    {
        await using LandingFixture bench = await CreateAsync();
        Candidate[] landed = await bench.LandedAsync(
            await ItemAsync(bench, "one", await bench.Fixture.TargetCommitAsync())
        );
        Assert.Equal(landed[0].Commit, await RemoteTargetAsync(bench));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_others_pushed_is_taken_over_first_and_never_lost()
    {
        await using LandingFixture bench = await CreateAsync();
        string before = await bench.Fixture.TargetCommitAsync();
        string theirs = (await bench.Fixture.WorkAsync(before, ("theirs.txt", "t\n"))).Commit;
        await bench.Fixture.GitAsync("push", "-q", "origin", $"{theirs}:{QueueFixture.TargetRef}");
        QueueItem item = await ItemAsync(bench, "one", before);

        Assert.IsType<LandingResult.Moved>(await bench.LandAsync(await bench.ChainAsync(item)));
        Assert.Equal(theirs, await bench.Fixture.TargetCommitAsync());

        Candidate[] landed = await bench.LandedAsync(item);
        Assert.Equal(landed[0].Commit, await RemoteTargetAsync(bench));
        Assert.Equal("t", await bench.Fixture.GitAsync("show", landed[0].Commit + ":theirs.txt"));
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData("hook")]
    [InlineData("gone")]
    [InlineData("behind")]
    [InlineData("apart")]
    public async Task A_remote_that_does_not_take_it_keeps_it_from_landing_here(string why)
    {
        await using LandingFixture bench = await CreateAsync();
        string before = await bench.Fixture.TargetCommitAsync();
        string target = (await bench.Fixture.WorkAsync(before, ("here.txt", "h\n"))).Commit;
        await bench.Fixture.GitAsync("update-ref", QueueFixture.TargetRef, target);
        string remote = Path.Combine(bench.Fixture.Repository.Root, "remote.git");
        string? there = why switch
        {
            "apart" => (await bench.Fixture.WorkAsync(before, ("there.txt", "t\n"))).Commit,
            "behind" => before,
            _ => target,
        };
        await bench.Fixture.GitAsync("push", "-q", "origin", $"{there}:{QueueFixture.TargetRef}");
        if (why == "hook")
        {
            string hook = Path.Combine(remote, "hooks", "pre-receive");
            Directory.CreateDirectory(Path.GetDirectoryName(hook)!);
            await File.WriteAllTextAsync(hook, "#!/bin/sh\necho not on a Friday >&2\nexit 1\n");
            await bench.Fixture.GitAsync("-c", "alias.allow=!chmod +x", "allow", hook);
        }
        else if (why == "gone")
        {
            Directory.Move(remote, remote + ".moved");
        }

        LandingResult.Blocked blocked = Assert.IsType<LandingResult.Blocked>(
            await bench.LandAsync(await bench.ChainAsync(await ItemAsync(bench, "one", before)))
        );

        Assert.Contains(
            why switch
            {
                "hook" => "not on a Friday",
                "gone" => "does not appear to be a git repository",
                "behind" => "behind",
                _ => "bring the two together",
            },
            blocked.Reason,
            StringComparison.Ordinal
        );
        Assert.Equal(target, await bench.Fixture.TargetCommitAsync());
        Assert.Single(await bench.ItemRefsAsync());
        Assert.Equal("", await bench.Fixture.GitAsync("for-each-ref", "refs/isolation/mq/target/journal"));
        if (why != "gone")
        {
            Assert.Equal(there, await RemoteTargetAsync(bench));
        }
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_actor_that_ends_around_the_push_leaves_what_the_next_one_finishes_or_drops(bool pushed)
    {
        QueueStep at = pushed ? QueueStep.AfterPush : QueueStep.AfterIntent;
        await using LandingFixture dying = await CreateAsync(
            step => step == at,
            _ => throw new TimeoutException("dead")
        );
        string before = await dying.Fixture.TargetCommitAsync();
        await dying.Fixture.GitAsync("push", "-q", "origin", "target");
        Candidate[] chain = await dying.ChainAsync(await ItemAsync(dying, "one", before));
        await Assert.ThrowsAsync<TimeoutException>(() => dying.LandAsync(chain));
        Assert.Equal(before, await dying.Fixture.TargetCommitAsync());

        LandingFixture next = await LandingFixture.OnAsync(dying.Fixture, o => o.PushTargetTo = "origin");
        Assert.True(await next.RecoverAsync());

        Assert.Equal(pushed ? chain[0].Commit : before, await dying.Fixture.TargetCommitAsync());
        Assert.Equal(await dying.Fixture.TargetCommitAsync(), await RemoteTargetAsync(dying));
        Assert.Equal([pushed ? "Landed one.1" : "Did not land one.1"], await next.JournalAsync());
        Assert.Equal(pushed ? 0 : 1, (await next.ItemRefsAsync()).Length);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_command_that_comes_after_the_push_comes_too_late()
    {
        await using LandingFixture bench = await CreateAsync(
            step => step == QueueStep.AfterPush,
            async b =>
            {
                QueueItem item = Assert.Single(b.Monitor.State.Items);
                Assert.NotNull(
                    await b.Store.TryChangeAsync(
                        item,
                        item with
                        {
                            State = MergeState.Cancelled,
                        },
                        CancellationToken.None
                    )
                );
            }
        );
        await bench.Fixture.GitAsync("push", "-q", "origin", "target");

        await bench.LandedAsync(await ItemAsync(bench, "one", await bench.Fixture.TargetCommitAsync()));

        Assert.Empty(await bench.ItemRefsAsync());
        Assert.Equal(await RemoteTargetAsync(bench), await bench.Fixture.TargetCommitAsync());
    }

    private static async Task<LandingFixture> CreateAsync(
        Func<QueueStep, bool>? at = null,
        Func<LandingFixture, Task>? then = null
    )
    {
        QueueFixture queue = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        await queue.GitAsync("init", "-q", "--bare", Path.Combine(queue.Repository.Root, "remote.git"));
        await queue.GitAsync("remote", "add", "origin", Path.Combine(queue.Repository.Root, "remote.git"));
        LandingFixture? bench = null;
        bench = await LandingFixture.OnAsync(
            queue,
            o => o.PushTargetTo = "origin",
            step =>
            {
                if (at?.Invoke(step) == true)
                {
                    Task.Run(() => then!(bench!)).GetAwaiter().GetResult();
                }
            }
        );
        return bench;
    }

    private static async Task<string> RemoteTargetAsync(LandingFixture bench) =>
        await ThrowawayRepository.GitInAsync(
            Path.Combine(bench.Fixture.Repository.Root, "remote.git"),
            ["rev-parse", QueueFixture.TargetRef]
        );

    private static async Task<QueueItem> ItemAsync(LandingFixture bench, string name, string from) =>
        await bench.SubmitAsync(name, await bench.Fixture.WorkAsync(from, (name + ".txt", name + "\n")));
}
