using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime;

namespace Isolation.Sdk.Benchmarks;

/// <summary>The host that is measured: a process of its own, with nothing in it but the pipeline.</summary>
internal static class PipelineHost
{
    public static async Task<int> RunAsync(
        string repository,
        string worker,
        string target,
        int items,
        int parallel,
        bool stages
    )
    {
        ConcurrentBag<(string Name, double Ms)> spans = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = s => stages && s.Name == "Isolation.Sdk",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = a => spans.Add((a.OperationName, a.Duration.TotalMilliseconds)),
        };
        ActivitySource.AddActivityListener(listener);
        IsolationSummary summary = await LandAsync(repository, worker, target, items, parallel);
        foreach (
            IGrouping<string, double> stage in spans.GroupBy(s => s.Name, s => s.Ms).OrderByDescending(g => g.Sum())
        )
        {
            double[] sorted = [.. stage.Order()];
            await Console.Error.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{stage.Key, -24} n {sorted.Length, 3}  sum {sorted.Sum(), 8:0}  median "
                        + $"{sorted[sorted.Length / 2], 7:0.0}  max {sorted[^1], 7:0.0} ms"
                )
            );
        }

        if (stages)
        {
            (double self, double children) = Cost.SoFar;
            await Console.Error.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"CPU of the host {self:0} ms (compiling "
                        + $"{JitInfo.GetCompilationTime().TotalMilliseconds:0} ms, GC "
                        + $"{GC.GetTotalPauseDuration().TotalMilliseconds:0} ms), of its children {children:0} ms"
                )
            );
        }

        int landed = summary.Items.Count(i => i.Outcome == ItemOutcome.Landed);
        if (landed != items)
        {
            await Console.Error.WriteLineAsync(
                string.Join(
                    '\n',
                    summary
                        .Items.Where(i => i.Outcome != ItemOutcome.Landed)
                        .Select(i => $"{i.Item.Id}: {i.Outcome} {i.Reason}")
                )
            );
        }

        return landed == items ? 0 : 1;
    }

    public static async Task<IsolationSummary> LandAsync(
        string repository,
        string worker,
        string target,
        int items,
        int parallel
    )
    {
        await using IsolationPipeline pipeline = new IsolationPipelineBuilder(repository)
            .Configure(o => o.MaxWorkers = parallel)
            .Workspaces.UseGitWorktrees()
            .Contexts.UseFresh()
            .Sandbox.UseProcess()
            .Merging.UseFirstWins()
            .Target(target)
            .RunProcess("sh", worker, "{item}")
            .Build();
        await using IsolationRun run = pipeline.Start([
            .. Enumerable
                .Range(1, items)
                .Select(i => new WorkItem(string.Create(CultureInfo.InvariantCulture, $"item-{i}"), $"Item {i}")),
        ]);
        return await run.Completion;
    }
}
