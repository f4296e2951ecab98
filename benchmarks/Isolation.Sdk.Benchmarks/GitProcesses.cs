using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Isolation.Sdk.Benchmarks;

/// <summary>Counts the git processes that the library starts, by verb: those of a run, and those of each further
/// worker.</summary>
internal sealed class GitProcesses(Scratch scratch)
{
    private const int Few = 5;
    private const int Many = 25;

    public async Task RunAsync()
    {
        Dictionary<string, int> few = await CountAsync(Few),
            many = await CountAsync(Many);
        Console.WriteLine("| verb | for each worker | for the run |");
        Console.WriteLine("|---|---|---|");
        double sum = 0;
        foreach (string verb in many.Keys.Order(StringComparer.Ordinal))
        {
            double each = (many[verb] - few.GetValueOrDefault(verb)) / (double)(Many - Few);
            sum += each;
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {verb} | {each:0.00} | {few.GetValueOrDefault(verb) - (each * Few):0.0} |"
                )
            );
        }

        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"| **all** | **{sum:0.00}** | {few.Values.Sum() - (sum * Few):0.0} |"
            )
        );
    }

    private async Task<Dictionary<string, int>> CountAsync(int workers)
    {
        string repository = scratch.At($"count-{workers}");
        await SampleRepository.MakeAsync(repository, 200);
        ConcurrentDictionary<string, int> counts = new(StringComparer.Ordinal);
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "isolation.git.processes")
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>(
            (_, n, tags, _) => counts.AddOrUpdate((string)tags[0].Value!, (int)n, (_, old) => old + (int)n)
        );
        listener.Start();
        IsolationSummary summary = await PipelineHost.LandAsync(
            repository,
            Path.Combine(AppContext.BaseDirectory, "worker.sh"),
            "landing",
            workers,
            parallel: 4
        );
        return summary.Items.All(i => i.Outcome == ItemOutcome.Landed)
            ? counts.ToDictionary()
            : throw new InvalidOperationException("Not every item landed.");
    }
}
