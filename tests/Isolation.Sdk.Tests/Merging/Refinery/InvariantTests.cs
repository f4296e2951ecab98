using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;

namespace Isolation.Sdk.Tests.Merging.Refinery;

/// <summary>What a queue promises whatever happens, where no other test says it alone.</summary>
public sealed class InvariantTests
{
    [IsolationFact(Tier = Tier.Ci)]
    public async Task Nothing_of_a_group_lands_when_one_of_it_left_meanwhile()
    {
        await using LandingFixture bench = await LandingFixture.CreateAsync(MergeMode.Merge, ("a.txt", "a\n"));
        string before = await bench.Fixture.TargetCommitAsync();
        QueueItem one = await bench.SubmitAsync("one", await bench.Fixture.WorkAsync(before, ("one.txt", "1\n")));
        QueueItem two = await bench.SubmitAsync("two", await bench.Fixture.WorkAsync(before, ("two.txt", "2\n")));
        Candidate[] group = await bench.ChainAsync(one, two);
        await bench.Store.TryChangeAsync(two, two with { State = MergeState.Cancelled }, CancellationToken.None);

        Assert.Equal(two.Attempt, Assert.IsType<LandingResult.Changed>(await bench.LandAsync(group)).Attempt);

        Assert.Equal(before, await bench.Fixture.TargetCommitAsync());
        Assert.Equal(2, (await bench.ItemRefsAsync()).Length);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Of_two_seats_only_one_acts_until_it_is_given_up()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource second = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using MergeQueue actor = await OpenAsync(bench, step => Note(step, QueueStep.AfterTakeover, first));
        await first.Task;
        await using MergeQueue watcher = await OpenAsync(bench, step => Note(step, QueueStep.AfterTakeover, second));

        // What a seat says of the second item comes from a loop that has asked for the lock before.
        foreach (string item in new[] { "a", "b" })
        {
            await watcher.SubmitAsync(
                new MergeRequest(RefineryFixture.Of(item), await bench.WorkAsync(null, (item + ".txt", "x\n")))
            );
            Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(watcher, RefineryFixture.Of(item))).State);
        }

        Assert.False(second.Task.IsCompleted);
        await actor.DisposeAsync();
        await second.Task;
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task An_innocent_that_was_only_ever_tested_behind_a_bad_item_lands()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        await using IMergeQueue queue = await MergeStrategies
            .Refinery(
                o =>
                {
                    o.Gates.Add("tree", (seen, _) =>
                        ValueTask.FromResult(
                            File.Exists(Path.Combine(seen.Workspace, "bad.txt"))
                                ? GateResult.Fail("It is bad.")
                                : GateResult.Pass
                        )
                    );
                    o.MaxConcurrency = 1;
                    o.BatchSize = 2;
                },
                new ProcessSandbox(new ProcessSandboxOptions())
            )
            .OpenAsync(bench.Target);
        await queue.PauseAsync("for the test");
        foreach (string item in new[] { "bad", "innocent" })
        {
            await queue.SubmitAsync(
                new MergeRequest(RefineryFixture.Of(item), await bench.WorkAsync(null, (item + ".txt", "x\n")))
            );
        }

        await queue.ResumeAsync();

        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(queue, RefineryFixture.Of("innocent"))).State);
        Assert.Equal(MergeState.Rejected, (await QueueFixture.EndAsync(queue, RefineryFixture.Of("bad"))).State);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_dependent_lands_behind_what_it_depends_on_however_urgent_it_is()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync();
        foreach (string candidate in new[] { "base", "dependent", "base dependent", "dependent base" })
        {
            bench.Gate.Always(candidate, GateResult.Pass);
        }

        await bench.SubmitAsync("dependent", change: r =>
            r with
            {
                DependsOn = [RefineryFixture.Of("base")],
                Priority = 5,
            }
        );
        await bench.SubmitAsync("base");
        await bench.GoAsync();

        Assert.Equal(MergeState.Landed, (await bench.EndAsync("dependent")).State);
        Assert.Equal(MergeState.Landed, (await bench.EndAsync("base")).State);
        Assert.Equal("base\ndependent", await bench.LandedAsync());
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_paused_queue_takes_work_and_lands_none_below_its_threshold()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync();
        foreach (string candidate in new[] { "usual", "urgent", "usual urgent", "urgent usual" })
        {
            bench.Gate.Always(candidate, GateResult.Pass);
        }

        await bench.SubmitAsync("usual");
        MergeStatus usual = await bench.UntilAsync("usual", s => s.State is MergeState.Held or MergeState.Landed);
        Assert.Equal((MergeState.Held, MergeHoldReason.Paused), (usual.State, usual.Hold));
        await bench.Queue.PauseAsync("release", 3);
        await bench.SubmitAsync("urgent", change: r => r with { Priority = 3 });

        Assert.Equal(MergeState.Landed, (await bench.EndAsync("urgent")).State);
        Assert.Equal("urgent", await bench.LandedAsync());
        await bench.GoAsync();
        Assert.Equal(MergeState.Landed, (await bench.EndAsync("usual")).State);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_landed_has_landed_though_everything_after_it_failed()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));
        int failures = 0;
        await using MergeQueue queue = await OpenAsync(bench, step =>
        {
            if (step == QueueStep.AfterTransaction && Interlocked.Increment(ref failures) == 1)
            {
                throw new IsolationException(MergingCodes.BadRequest, "The test said so.", "None.");
            }
        });
        await queue.SubmitAsync(
            new MergeRequest(RefineryFixture.Of("a"), await bench.WorkAsync(null, ("b.txt", "b\n")))
        );

        MergeStatus status = await QueueFixture.EndAsync(queue, RefineryFixture.Of("a"));
        Assert.Equal((MergeState.Landed, await bench.TargetCommitAsync()), (status.State, status.LandedCommit));
        await queue.SubmitAsync(
            new MergeRequest(RefineryFixture.Of("b"), await bench.WorkAsync(null, ("c.txt", "c\n")))
        );
        Assert.Equal(MergeState.Landed, (await QueueFixture.EndAsync(queue, RefineryFixture.Of("b"))).State);
        Assert.Equal(
            "b.1\na.1",
            await bench.GitAsync(
                "log",
                "--first-parent",
                "--format=%(trailers:key=Isolation-Attempt,valueonly,separator=)",
                "main..target"
            )
        );
    }

    private static void Note(QueueStep step, QueueStep wanted, TaskCompletionSource reached)
    {
        if (step == wanted)
        {
            reached.TrySetResult();
        }
    }

    private static async Task<MergeQueue> OpenAsync(QueueFixture bench, Action<QueueStep> reached)
    {
        GitRepository repository = await GitOpener.OpenAsync(bench.Repository.Path);
        QueueContext context = new(
            new QueueLayout(repository, QueueFixture.TargetRef),
            new MergePolicy(MergePreset.FirstWins, new MergeQueueOptions()),
            null,
            WorkersDirectory.Beside(bench.Common),
            TimeProvider.System,
            NullLogger.Instance
        )
        {
            Faults = new FaultPoints(s => reached(Enum.Parse<QueueStep>(s))),
        };
        return await MergeQueue.OpenAsync(context, CancellationToken.None);
    }
}
