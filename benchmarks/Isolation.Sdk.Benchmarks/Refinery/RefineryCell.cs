using Isolation.Sdk.Merging;

namespace Isolation.Sdk.Benchmarks.Refinery;

/// <summary>One cell of the table: every way to order the gates of the same simulated queues.</summary>
/// <param name="Slots">How many gates may run at once.</param>
/// <param name="Bad">The chance that an item is bad.</param>
internal sealed record RefineryCell(int Slots, double Bad)
{
    public const int Items = 48;
    public const int LargestStep = 48;

    public required (Sample Time, Sample Gates) Serial { get; init; }

    public required (Sample Time, Sample Gates) Batches { get; init; }

    public required (Sample Time, Sample Gates) Window { get; init; }

    /// <summary>Prefix cuts by a model that knows the chance.</summary>
    public required (Sample Time, Sample Gates) Bisection { get; init; }

    public int Step =>
        new BatchSizeModel(Bad, double.PositiveInfinity)
            .Settings(Slots, null, LargestStep, everyCommitGreen: false, Items)
            .BatchSize;

    /// <summary>By how many standard errors cuts are slower than the fastest of the others.</summary>
    public double Beyond => new[] { Serial, Batches, Window }.Max(o => Bisection.Time.Beyond(o.Time));

    public static RefineryCell Measure(int slots, double bad, int runs)
    {
        SimulatedItems items = new(Items, bad);
        return new RefineryCell(slots, bad)
        {
            Serial = Over(runs, seed => Fixed(seed, new BatchSettings(1, 1))),
            Batches = Over(runs, seed => HalvingQueue.Run(items.Draw(seed), 8)),
            Window = Over(runs, seed => Fixed(seed, new BatchSettings(slots, 1))),
            Bisection = MeasureBisection(slots, bad, runs),
        };

        SimulatedOutcome Fixed(int seed, BatchSettings settings) =>
            new SimulatedQueue(items, confirm: false, seed).Run(_ => settings);
    }

    public static (Sample Time, Sample Gates) MeasureBisection(int slots, double bad, int runs)
    {
        BatchSizeModel knowing = new(bad, double.PositiveInfinity);
        return Over(runs, seed =>
            new SimulatedQueue(new SimulatedItems(Items, bad), confirm: false, seed).Run(
                n => Settings(knowing, slots, n),
                knowing
            )
        );
    }

    /// <summary>Prefix cuts by a model that starts anew with each queue, from a neutral guess.</summary>
    public static (Sample Time, Sample Gates) MeasureLearned(int slots, double bad, int runs) => Over(runs, seed =>
        {
            BatchSizeModel learner = new();
            return new SimulatedQueue(new SimulatedItems(Items, bad), confirm: false, seed).Run(
                n => Settings(learner, slots, n),
                learner
            );
        });

    public static BatchSettings Settings(BatchSizeModel model, int slots, int waiting) =>
        model.Settings(slots, fixedStep: null, LargestStep, everyCommitGreen: false, waiting);

    public static (Sample Time, Sample Gates) Over(int runs, Func<int, SimulatedOutcome> run)
    {
        SimulatedOutcome[] outcomes = [.. Enumerable.Range(1, runs).Select(run)];
        return (
            Sample.Of([.. outcomes.Select(o => o.Time)]),
            Sample.Of([.. outcomes.Select(o => o.Gates / (double)Items)])
        );
    }
}
