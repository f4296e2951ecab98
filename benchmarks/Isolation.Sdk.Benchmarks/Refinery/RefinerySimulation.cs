using System.Globalization;
using Isolation.Sdk.Merging;

namespace Isolation.Sdk.Benchmarks.Refinery;

/// <summary>The queue's own planning code on a simulated clock, against the ways other queues order their
/// gates.</summary>
internal static class RefinerySimulation
{
    private const double FivePercent = 0.05;
    private const int FourSlots = 4;
    private static readonly double[] Chances = [.02, .05, .10, .20, .30];

    // Design figures: time in gate times, gates for each item.
    private static readonly Dictionary<(int Slots, double Bad), (double Time, double Gates)> Designed = new()
    {
        [(1, .02)] = (9.4, .19),
        [(1, .05)] = (14.4, .30),
        [(1, .10)] = (22.5, .47),
        [(1, .30)] = (42.7, .89),
        [(2, .05)] = (9.3, .37),
        [(2, .20)] = (22.8, .94),
        [(4, .05)] = (6.6, .52),
        [(4, .10)] = (10.6, .83),
        [(4, .20)] = (16.6, 1.34),
        [(8, .02)] = (2.8, .37),
        [(8, .10)] = (8.8, 1.38),
        [(8, .30)] = (15.8, 2.45),
    };

    public static void Run(int runs, int evictionItems)
    {
        Print($"| K | p | serial | bors b=8 | window=K | **prefix cuts** | s | design | p learned | verdict |");
        Print($"|---|---|---|---|---|---|---|---|---|---|");
        foreach (int slots in new[] { 1, 2, 4, 8 })
        {
            foreach (double bad in Chances)
            {
                RefineryCell cell = RefineryCell.Measure(slots, bad, runs);
                string design = Designed.TryGetValue((slots, bad), out (double Time, double Gates) d)
                    ? string.Create(CultureInfo.InvariantCulture, $"{d.Time:0.0} ({d.Gates:0.00})")
                    : "";
                Print(
                    $"| {slots} | {bad:.00} | {Show(cell.Serial)} | {Show(cell.Batches)} | "
                        + $"{Show(cell.Window)} | **{Show(cell.Bisection)}** | {cell.Step} | {design} | "
                        + $"{Show(RefineryCell.MeasureLearned(slots, bad, runs))} | {Verdict(cell, d.Time)} |"
                );
            }
        }

        Print("");
        PrintUneven(runs);
        Print("");
        PrintEvictions(evictionItems);
    }

    private static void PrintEvictions(int evictionItems)
    {
        Print($"| flake | window | cuts | cuts, confirmed | time of cuts | time, confirmed |");
        Print($"|---|---|---|---|---|---|");
        foreach (double flake in new[] { .02, .05, .10 })
        {
            SimulatedItems items = new(RefineryCell.Items, FivePercent) { Flake = flake };
            (string window, _) = Wrong(items, evictionItems, confirm: false, _ => new BatchSettings(FourSlots, 1));
            BatchSizeModel knowing = new(FivePercent, double.PositiveInfinity);
            (string cuts, Sample time) = Wrong(items, evictionItems, confirm: false, n =>
                RefineryCell.Settings(knowing, FourSlots, n)
            );
            (string confirmed, Sample longer) = Wrong(items, evictionItems, confirm: true, n =>
                RefineryCell.Settings(knowing, FourSlots, n)
            );
            Print($"| {flake:.00} | {window} | {cuts} | **{confirmed}** | {time.Mean:0.0} | {longer.Mean:0.0} |");
        }
    }

    private static void PrintUneven(int runs)
    {
        Print($"| p | serial | window=4 | **prefix cuts** |");
        Print($"|---|---|---|---|");
        foreach (double bad in Chances)
        {
            SimulatedItems items = new(RefineryCell.Items, bad) { Jitter = 1, Stopping = 0.05 };
            BatchSizeModel knowing = new(bad, double.PositiveInfinity);
            string[] row =
            [
                .. new Func<int, BatchSettings>[]
                {
                    _ => new(1, 1),
                    _ => new(FourSlots, 1),
                    n => RefineryCell.Settings(knowing, FourSlots, n),
                }.Select(settings =>
                    Show(RefineryCell.Over(runs, seed => new SimulatedQueue(items, confirm: false, seed).Run(settings)))
                ),
            ];
            Print($"| {bad:.00} | {row[0]} | {row[1]} | **{row[2]}** |");
        }
    }

    private static (string Share, Sample Time) Wrong(
        SimulatedItems items,
        int count,
        bool confirm,
        Func<int, BatchSettings> settings
    )
    {
        int good = 0,
            wrong = 0;
        List<double> times = [];
        for (int seed = 1; seed * items.Count < count + items.Count; seed++)
        {
            SimulatedQueue queue = new(items, confirm, seed);
            SimulatedOutcome outcome = queue.Run(settings);
            good += queue.Bad.Count(b => !b);
            wrong += outcome.Evicted.Count(i => !queue.Bad[i]);
            times.Add(outcome.Time);
        }

        return (
            string.Create(CultureInfo.InvariantCulture, $"{100.0 * wrong / good:0.000} % ({wrong} of {good})"),
            Sample.Of(times)
        );
    }

    private static string Verdict(RefineryCell cell, double designed)
    {
        double best = new[] { cell.Serial, cell.Batches, cell.Window }.Min(o => o.Time.Mean);
        string against =
            cell.Beyond > 2 ? "**worse**"
            : cell.Bisection.Time.Mean < best - 1e-9 ? "best"
            : "equal";
        return designed == 0
            ? against
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{against}, {100 * ((cell.Bisection.Time.Mean / designed) - 1):+0;-0;0} %"
            );
    }

    private static string Show((Sample Time, Sample Gates) cell) =>
        cell.Time.Error < 5e-7
            ? string.Create(CultureInfo.InvariantCulture, $"{cell.Time.Mean:0.0} ({cell.Gates.Mean:0.00})")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{cell.Time.Mean:0.0} ± {cell.Time.Error:0.0} ({cell.Gates.Mean:0.00})"
            );

    private static void Print(string line) => Console.WriteLine(line);
}
