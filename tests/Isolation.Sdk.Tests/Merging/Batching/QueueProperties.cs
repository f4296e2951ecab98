using FsCheck;
using FsCheck.Fluent;
using Isolation.Sdk.Benchmarks.Refinery;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging;

/// <summary>A whole queue driven to its end by the plans: any bad items, any settings that also change on the way,
/// gates that end in any order and stopped ones that take their time.</summary>
public class QueueProperties
{
    private static Gen<Driven> Any(bool flaky) =>
        from count in Gen.Choose(0, 40)
        from bad in Gen.Elements(0, .03, .1, .3, 1)
        from flake in flaky ? Gen.Elements(.05, .3, 1) : Gen.Constant(0.0)
        from jitter in Gen.Elements(0, .3, 5)
        from stopping in Gen.Elements(0, .2, 2)
        from slots in Gen.Choose(1, 8)
        from step in Gen.Choose(1, 12)
        from changing in Gen.Elements(false, true)
        from every in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true)))
        from seed in Gen.Choose(1, 1_000_000)
        select new Driven(
            new SimulatedItems(count, bad)
            {
                Flake = flake,
                Jitter = jitter,
                Stopping = stopping,
            },
            new BatchSettings(slots, step, every),
            changing,
            seed
        );

    [IsolationFact]
    public void Exactly_the_good_items_land_in_order_and_exactly_the_bad_ones_are_evicted() =>
        Holds(flaky: false, (driven, bad, outcome) =>
            outcome.Landed.SequenceEqual(Indices(bad, false)) && outcome.Evicted.SequenceEqual(Indices(bad, true))
        );

    [IsolationFact]
    public void With_flaky_gates_no_item_is_lost_and_no_bad_one_lands() =>
        Holds(flaky: true, (driven, bad, outcome) =>
            outcome.Landed.Concat(outcome.Evicted).Order().SequenceEqual(Enumerable.Range(0, bad.Count))
            && outcome.Landed.Order().SequenceEqual(outcome.Landed)
            && !outcome.Landed.Any(i => bad[i])
        );

    [IsolationFact]
    public void With_flaky_gates_no_item_is_evicted_without_two_reds_of_the_same_tree() =>
        Holds(flaky: true, (driven, bad, outcome) => outcome.Evicted.All(i => outcome.Reds[i] >= 2));

    [IsolationFact]
    public void Every_commit_green_lands_nothing_that_did_not_pass_itself() =>
        Holds(flaky: true, (driven, bad, outcome) =>
            !driven.Settings.TestEveryCommit || outcome.Landed.All(outcome.Tested.Contains)
        );

    [IsolationFact]
    public void The_same_queue_ends_the_same_way_twice() => Holds(flaky: true, (driven, bad, outcome) =>
        {
            SimulatedOutcome again = driven.Run(out _);
            return (again.Time, again.Gates) == (outcome.Time, outcome.Gates)
                && again.Landed.SequenceEqual(outcome.Landed);
        });

    private static IEnumerable<int> Indices(IReadOnlyList<bool> bad, bool which) =>
        bad.Index().Where(b => b.Item == which).Select(b => b.Index);

    private static void Holds(bool flaky, Func<Driven, IReadOnlyList<bool>, SimulatedOutcome, bool> property) =>
        Prop.ForAll(Any(flaky).ToArbitrary(), driven =>
            {
                SimulatedOutcome outcome = driven.Run(out IReadOnlyList<bool> bad);
                return property(driven, bad, outcome);
            })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private sealed record Driven(SimulatedItems Items, BatchSettings Settings, bool Changing, int Seed)
    {
        public SimulatedOutcome Run(out IReadOnlyList<bool> bad)
        {
            Random random = new(Seed);
            SimulatedQueue queue = new(Items, confirm: Items.Flake > 0, Seed);
            bad = queue.Bad;
            return queue.Run(_ =>
                Changing
                    ? Settings with
                    {
                        MaxConcurrency = random.Next(1, Settings.MaxConcurrency + 1),
                        BatchSize = random.Next(1, Settings.BatchSize + 1),
                    }
                    : Settings
            );
        }
    }
}
