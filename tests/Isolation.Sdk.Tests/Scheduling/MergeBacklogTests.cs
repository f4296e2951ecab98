using System.Globalization;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Scheduling;

public sealed class MergeBacklogTests
{
    [IsolationFact(Tier = Tier.Ci, Timeout = 300_000)]
    public async Task Merges_that_are_slower_than_workers_hold_up_new_attempts_and_none_falls_behind()
    {
        const int Items = 20;
        const int Workers = 4;
        const int MaxPending = 4;
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        int started = 0;
        List<int> backlog = [];
        TaskCompletionSource tooMany = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using IsolationPipeline pipeline = rig.Compose(o =>
                (o.MaxWorkers, o.MaxPendingMerges) = (Workers, MaxPending)
            )
            .Merging.UseSerialQueue(o => o.Gates.Add("slow", TestAsync))
            .RunWith(
                async (worker, cancellationToken) =>
                {
                    int begun = Interlocked.Increment(ref started);
                    string landed = await rig.GitAsync(
                        "rev-list",
                        "--count",
                        "--first-parent",
                        $"main..{PipelineFixture.Target}"
                    );
                    int behind = begun - int.Parse(landed, CultureInfo.InvariantCulture);
                    lock (backlog)
                    {
                        backlog.Add(behind);
                    }

                    if (behind > MaxPending + Workers)
                    {
                        tooMany.TrySetResult();
                    }

                    await PipelineFixture.WriteAndCommitAsync(worker, cancellationToken);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            .. Enumerable.Range(0, Items).Select(i => PipelineFixture.Item($"item-{i}")),
        ]);
        IsolationSummary summary = await run.Completion;

        Assert.True(backlog.Max() <= MaxPending + Workers, $"{backlog.Max()} attempts had begun and not landed.");
        Assert.All(summary.Items, i => Assert.Equal((ItemOutcome.Landed, null), (i.Outcome, i.Reason)));

        // The first landing waits for what must not happen, and gives it plenty of time.
        async ValueTask<GateResult> TestAsync(GateContext candidate, CancellationToken cancellationToken)
        {
            if (Volatile.Read(ref started) < Items)
            {
                await Task.WhenAny(
                    tooMany.Task,
                    Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, cancellationToken)
                );
            }

            return GateResult.Pass;
        }
    }
}
