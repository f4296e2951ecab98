using System.Globalization;
using Isolation.Sdk.Benchmarks.Refinery;
using Isolation.Sdk.Merging;

namespace Isolation.Sdk.Benchmarks.Queues;

/// <summary>Real queues with gates of one second that mostly wait, against the serial queue; and what a queue costs
/// beside its gates.</summary>
internal sealed class RealGates(Scratch scratch)
{
    private const double Bad = 0.05;
    private const int Group = 5;

    public async Task RunAsync(int seeds, bool costsOnly)
    {
        RealItems items = await RealItems.MakeAsync(scratch.At("items"));
        RealQueue queue = new(items, scratch);
        await Machine.PrintAsync(scratch.Path);
        if (!costsOnly)
        {
            await CompareAsync(queue, seeds);
        }

        await CostsAsync(queue);
    }

    private static async Task CompareAsync(RealQueue queue, int seeds)
    {
        List<(RealRun Serial, RealRun Off, RealRun On)> all = [];
        Console.WriteLine(
            "| seed | bad | serial s | first red s (planned) | confirmed s (planned) | faster | confirmed, "
                + "faster | gates | CPU s, serial | CPU s, first red | load |"
        );
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        for (int seed = 1; seed <= seeds; seed++)
        {
            bool[] bad = new SimulatedItems(RealItems.Count, Bad).Draw(seed);
            RealRun off = await queue.RunAsync(With(new MergeQueueOptions(), o => o.RetryFailedGates = false), bad);
            RealRun on = await queue.RunAsync(With(new MergeQueueOptions()), bad);
            RealRun serial = await queue.RunAsync(With(new MergeQueueOptions()), bad, MergePreset.SerialQueue);
            all.Add((serial, off, on));
            string load = (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0];
            Print(
                $"| {seed} | {bad.Count(b => b)} | {Seconds(serial):0.0} | {Seconds(off):0.0} "
                    + $"({Planned(seed, confirm: false):0}) | {Seconds(on):0.0} "
                    + $"({Planned(seed, confirm: true):0}) | {Seconds(serial) / Seconds(off):0.00} | "
                    + $"{Seconds(serial) / Seconds(on):0.00} | {serial.Gates}, {off.Gates}, {on.Gates} | "
                    + $"{serial.Cost.CpuMs / 1000:0.0} | {off.Cost.CpuMs / 1000:0.0} | {load} |"
            );
        }

        Print(
            $"| **median** | | {Median(all.Select(a => Seconds(a.Serial))):0.0} | "
                + $"{Median(all.Select(a => Seconds(a.Off))):0.0} | {Median(all.Select(a => Seconds(a.On))):0.0} "
                + $"| **{Median(all.Select(a => Seconds(a.Serial) / Seconds(a.Off))):0.00}** | "
                + $"**{Median(all.Select(a => Seconds(a.Serial) / Seconds(a.On))):0.00}** | | | | |"
        );
        Console.WriteLine();
    }

    private static async Task CostsAsync(RealQueue queue)
    {
        bool[] good = new bool[RealItems.Count];
        Console.WriteLine(
            "| gates that answer at once | wall ms an item | CPU ms an item | git processes an item | "
                + "landings | wall ms a landing | git processes a landing | of these an item |"
        );
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        await queue.RunAsync(Instant(new MergeQueueOptions()), good, MergePreset.SerialQueue);
        Row("serial", await queue.RunAsync(Instant(new MergeQueueOptions()), good, MergePreset.SerialQueue));
        Row(
            $"groups of {Group}, one slot",
            await queue.RunAsync(Instant(new MergeQueueOptions { MaxConcurrency = 1, BatchSize = Group }), good)
        );
        Row("four slots", await queue.RunAsync(Instant(new MergeQueueOptions()), good));
    }

    private static void Row(string name, RealRun run) =>
        Print(
            $"| {name} | {run.Cost.WallMs / run.Landed:0.0} | {run.Cost.CpuMs / run.Landed:0.0} | "
                + $"{run.Git / (double)run.Landed:0.0} | {run.Landings} | {run.LandingMs / run.Landings:0.0} | "
                + $"{run.GitOfLandings / (double)run.Landings:0.0} | "
                + $"{run.GitOfLandings / (double)run.Landed:0.0} |"
        );

    private static MergeQueueOptions With(MergeQueueOptions options, Action<MergeQueueOptions>? configure = null)
    {
        options.Gates.Add("sh", "-c", $"sleep 1; ! test -e {RealItems.BadFile}");
        configure?.Invoke(options);
        return options;
    }

    private static MergeQueueOptions Instant(MergeQueueOptions options)
    {
        options.Gates.Add("at once", (_, _) => ValueTask.FromResult(GateResult.Pass));
        return options;
    }

    /// <summary>The same bad items on a simulated clock: gates, and nothing beside them.</summary>
    private static double Planned(int seed, bool confirm)
    {
        BatchSizeModel learner = new();
        return new SimulatedQueue(new SimulatedItems(RealItems.Count, Bad), confirm, seed)
            .Run(n => RefineryCell.Settings(learner, 4, n), learner)
            .Time;
    }

    private static double Seconds(RealRun run) => run.Cost.WallMs / 1000;

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static void Print(string line) => Console.WriteLine(line);
}
