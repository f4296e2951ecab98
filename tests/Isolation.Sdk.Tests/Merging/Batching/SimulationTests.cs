using Isolation.Sdk.Benchmarks.Refinery;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging;

/// <summary>The table of the benchmark in small. Seeds are fixed and the clock is simulated: it is the same
/// everywhere.</summary>
public class SimulationTests
{
    private const int Runs = 100;

    [IsolationTheory(Tier = Tier.Ci)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Prefix_cuts_are_never_slower_than_serial_batches_or_a_window(int slots) =>
        Assert.All([.02, .05, .10, .20, .30], bad =>
        {
            RefineryCell cell = RefineryCell.Measure(slots, bad, Runs);
            Assert.True(cell.Beyond <= 2, $"{slots} slots, {bad}: {cell}");
        });

    [IsolationTheory(DefaultRows = 1)]
    [InlineData(1, .02, 9.4)]
    [InlineData(1, .10, 22.5)]
    [InlineData(2, .05, 9.3)]
    [InlineData(4, .05, 6.6)]
    [InlineData(4, .10, 10.6)]
    [InlineData(8, .02, 2.8)]
    [InlineData(8, .30, 15.8)]
    public void Prefix_cuts_come_near_what_they_were_designed_for(int slots, double bad, double time)
    {
        Sample cuts = RefineryCell.MeasureBisection(slots, bad, Runs).Time;
        Assert.True(cuts.Mean <= (1.1 * time) + (2 * cuts.Error), $"{cuts}");
    }

    [IsolationFact]
    public void A_second_run_saves_good_items_from_flaky_gates()
    {
        SimulatedItems items = new(48, .05) { Flake = .05 };
        int[] wrong =
        [
            .. new[] { false, true }.Select(confirm =>
                Enumerable
                    .Range(1, 200)
                    .Sum(seed =>
                    {
                        SimulatedQueue queue = new(items, confirm, seed);
                        return queue.Run(_ => new BatchSettings(4, 5)).Evicted.Count(i => !queue.Bad[i]);
                    })
            ),
        ];

        Assert.True(wrong[0] > 20 && wrong[1] <= 5, $"{wrong[0]} without, {wrong[1]} with it");
    }
}
