using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Stress;

/// <summary>What a worker costs in git processes of the library: on a slow machine that is what a run waits
/// for.</summary>
[Collection(nameof(GitBudgetTests))]
[CollectionDefinition(nameof(GitBudgetTests), DisableParallelization = true)]
public sealed class GitBudgetTests
{
    private const int Workers = 8;
    private const int MaxPerWorker = 12;

    // The status of a capture runs inside the worker's scope, where the meter does not see it.
    private const int InScopePerWorker = 1;

    // Opening the repository, the audit, the queue and its journal, the checkout's first look, what workers are told of
    // a landing, and a landing or two that the guard sees before it is told.
    private const int MaxPerRun = 20;

    [IsolationFact]
    public async Task A_worker_that_commits_one_file_costs_at_most_twelve_git_processes()
    {
        ConcurrentDictionary<string, int> started = await CountAsync(builder => builder);
        int total = started.Values.Sum() + (Workers * InScopePerWorker);
        string byVerb = string.Join(", ", started.OrderByDescending(s => s.Value).Select(s => $"{s.Key} {s.Value}"));
        Assert.True(
            total <= (Workers * MaxPerWorker) + MaxPerRun,
            $"{total} git processes for {Workers} workers, {(double)total / Workers:0.0} each: {byVerb}"
        );
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_worker_in_a_private_clone_is_filled_and_collected_by_one_process_each()
    {
        ConcurrentDictionary<string, int> started = await CountAsync(builder => builder.Workspaces.UsePrivateClones());

        Assert.Equal((Workers, Workers), (started["reset"], started["fetch"]));
        Assert.Equal(2, started["config"]); // The host's and the repository's, once for all.
    }

    private static async Task<ConcurrentDictionary<string, int>> CountAsync(
        Func<IsolationPipelineBuilder, IsolationPipelineBuilder> compose
    )
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
        await using IsolationPipeline pipeline = compose(rig.Compose())
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();
        listener.Start();

        await using IsolationRun run = pipeline.Start([
            .. Enumerable.Range(0, Workers).Select(n => PipelineFixture.Item($"w{n}")),
        ]);
        IsolationSummary summary = await run.Completion;
        listener.Dispose();

        Assert.Equal(Workers, summary.Count(ItemOutcome.Landed));
        return started;
    }
}
