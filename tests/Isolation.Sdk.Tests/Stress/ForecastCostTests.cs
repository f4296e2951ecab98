using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Isolation.Sdk.Scheduling;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Stress;

/// <summary>What looking ahead costs in git processes.</summary>
[Collection(nameof(GitBudgetTests))]
public sealed class ForecastCostTests
{
    [IsolationFact(Tier = Tier.Ci)]
    public async Task Only_pairs_with_a_path_in_common_are_merged_for_trial_each_once_and_no_more_than_allowed()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        ConcurrentDictionary<string, int> started = new();
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == "isolation.git.processes")
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(
            (_, count, tags, _) => started.AddOrUpdate($"{tags[0].Value}", (int)count, (_, n) => n + (int)count)
        );
        TaskCompletionSource looked = new(TaskCreationOptions.RunContinuationsAsynchronously),
            committed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        AsyncBarrier all = new(4);
        await using IsolationPipeline pipeline = rig.Compose()
            .Forecast(o => (o.Interval, o.MaxTrialMerges) = (Timeout.InfiniteTimeSpan, 2))
            .RunWith(
                async (worker, token) =>
                {
                    // a, b and c share a file: three pairs. d shares none.
                    await PipelineFixture.CommitAsync(
                        worker,
                        worker.Item.Id == "d" ? "d.txt" : "shared.txt",
                        $"by {worker.Id}\n",
                        token
                    );
                    await all.SignalAndWaitAsync(token);
                    committed.TrySetResult();
                    await looked.Task.WaitAsync(token);
                    return new RunResult.Failed("It is over.", Retryable: false);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([.. "abcd".Select(c => PipelineFixture.Item($"{c}"))]);
        await committed.Task;
        listener.Start();
        List<(int Merges, int All, int Collide)> looks = [];
        for (int i = 0; i < 3; i++)
        {
            started.Clear();
            int collide = (await pipeline.ForecastAsync()).Count(o => o.Kind == OverlapKind.Collides);
            looks.Add((started.GetValueOrDefault("merge-tree"), started.Values.Sum(), collide));
        }

        listener.Dispose();
        looked.SetResult();
        await run.Completion;

        Assert.Equal([(2, 2), (1, 3), (0, 3)], looks.Select(l => (l.Merges, l.Collide)));
        Assert.All(looks, l => Assert.InRange(l.All, 1, 5 + (2 * 2)));
    }
}
