using FsCheck;
using FsCheck.Fluent;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging;

/// <summary>What holds for a plan whatever is known, also what no queue should ever come to know.</summary>
public class PlanProperties
{
    private static Gen<BatchState> State =>
        from length in Gen.Choose(0, 40)
        from slots in Gen.Choose(1, 8)
        from step in Gen.Choose(1, 12)
        from every in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true)))
        from green in Gen.Frequency(
            (2, Gen.Constant(new List<int>())),
            (1, Gen.ListOf(Gen.Choose(1, 40)).Select(l => l.ToList()))
        )
        from red in Gen.Frequency(
            (1, Gen.Constant(new List<int>())),
            (2, Gen.ListOf(Gen.Choose(1, 40)).Select(l => l.ToList()))
        )
        from running in Gen.ListOf(Gen.Choose(-3, 45))
        from busy in Gen.Choose(0, 2)
        select new BatchState(length, new BatchSettings(slots, step, every))
        {
            Green = green.Where(p => p <= length).ToHashSet(),
            Red = red.Where(p => p <= length).Except(green).ToHashSet(),
            Running = running.Take(slots).ToHashSet(),
            Busy = busy,
        };

    [IsolationFact]
    public void A_plan_never_starts_more_than_there_are_free_slots() =>
        Holds(
            (state, plan) =>
                plan.Start.Count <= Math.Max(0, state.Settings.MaxConcurrency - state.Running.Count - state.Busy)
        );

    [IsolationFact]
    public void What_starts_is_a_prefix_of_the_chain_that_does_not_run_and_is_not_known() =>
        Holds(
            (state, plan) =>
                plan.Start.Distinct().Count() == plan.Start.Count
                && plan.Start.All(p =>
                    p >= 1
                    && p <= state.Length
                    && !state.Running.Contains(p)
                    && !state.Green.Contains(p)
                    && !state.Red.Contains(p)
                )
        );

    [IsolationFact]
    public void Only_a_green_prefix_lands() =>
        Holds((state, plan) => plan.Land == 0 || state.Green.Contains(plan.Land));

    [IsolationFact]
    public void Nothing_lands_over_an_untested_commit_when_every_commit_has_to_be_green() =>
        Holds(
            (state, plan) => !state.Settings.TestEveryCommit || Enumerable.Range(1, plan.Land).All(state.Green.Contains)
        );

    [IsolationFact]
    public void Only_a_first_item_that_is_red_itself_is_suspect() =>
        Holds((state, plan) => plan.ConfirmFirst == (plan.Land == 0 && state.Red.Contains(1)));

    [IsolationFact]
    public void Only_what_landed_or_is_beyond_the_first_red_or_no_prefix_at_all_is_stopped() =>
        Holds(
            (state, plan) =>
            {
                int red = state.Red.Append(int.MaxValue).Min();
                return plan.Stop.All(p =>
                    state.Running.Contains(p)
                    && (p < 1 || p > state.Length || (plan.Land > 0 ? p <= plan.Land : p > red))
                );
            }
        );

    [IsolationFact]
    public void A_queue_that_waits_for_nothing_goes_on() =>
        Holds(
            (state, plan) =>
                state.Length == 0
                || state.Running.Count + state.Busy > 0
                || plan.Land > 0
                || plan.ConfirmFirst
                || plan.Start.Count > 0
        );

    [IsolationFact]
    public void A_run_beyond_the_first_red_is_only_stopped_for_a_slot_that_is_needed() =>
        Holds(
            (state, plan) =>
            {
                int red = state.Red.Append(int.MaxValue).Min();
                int spare = plan.Stop.Count(p => plan.Land == 0 && p > red && p <= state.Length);
                int inside = state.Running.Count(p => p >= 1 && p < red);
                return spare == 0
                    || (
                        inside < state.Settings.MaxConcurrency
                        && state.Running.Count - spare < state.Settings.MaxConcurrency
                    );
            }
        );

    [IsolationFact]
    public void A_suspect_has_a_slot_to_be_confirmed_in() =>
        Holds(
            (state, plan) =>
                !plan.ConfirmFirst
                || state.Running.Contains(1)
                || state.Running.Count - plan.Stop.Count < state.Settings.MaxConcurrency
        );

    [IsolationFact]
    public void Another_step_stops_nothing() =>
        Prop.ForAll(State.ToArbitrary(), Gen.Choose(1, 12).ToArbitrary(), (state, step) =>
                PrefixBisection
                    .Plan(state)
                    .Stop.SequenceEqual(
                        PrefixBisection.Plan(state with { Settings = state.Settings with { BatchSize = step } }).Stop
                    )
            )
            .QuickCheckThrowOnFailure();

    [IsolationFact]
    public void Whatever_the_settings_no_run_up_to_the_first_red_is_stopped() =>
        Holds(
            (state, plan) =>
            {
                int red = state.Red.Append(int.MaxValue).Min();
                return Enumerable
                    .Range(1, 8)
                    .All(slots =>
                        PrefixBisection
                            .Plan(state with { Settings = state.Settings with { MaxConcurrency = slots } })
                            .Stop.All(p => p < 1 || p > Math.Min(red, state.Length) || p <= plan.Land)
                    );
            }
        );

    [IsolationFact]
    public void The_same_knowledge_gives_the_same_plan_in_whatever_order_it_came() =>
        Holds(
            (state, plan) =>
            {
                BatchPlan again = PrefixBisection.Plan(
                    state with
                    {
                        Green = Reversed(state.Green),
                        Red = Reversed(state.Red),
                        Running = Reversed(state.Running),
                    }
                );
                return (again.Land, again.ConfirmFirst) == (plan.Land, plan.ConfirmFirst)
                    && again.Start.SequenceEqual(plan.Start)
                    && again.Stop.SequenceEqual(plan.Stop);
            }
        );

    [IsolationFact]
    public void Starting_what_was_planned_leaves_nothing_more_to_do() =>
        Holds(
            (state, plan) =>
            {
                BatchPlan next = PrefixBisection.Plan(
                    state with
                    {
                        Running = state.Running.Concat(plan.Start).ToHashSet(),
                    }
                );
                return plan.Land > 0
                    || (next.Stop.SequenceEqual(plan.Stop) && (next.Start.Count == 0 || plan.Start.Count == 0));
            }
        );

    private static HashSet<int> Reversed(IReadOnlySet<int> set) => set.OrderDescending().ToHashSet();

    private static void Holds(Func<BatchState, BatchPlan, bool> property) =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(500),
            Prop.ForAll(State.ToArbitrary(), state => property(state, PrefixBisection.Plan(state)))
        );
}
