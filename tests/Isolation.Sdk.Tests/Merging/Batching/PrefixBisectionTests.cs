using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging;

public class PrefixBisectionTests
{
    [IsolationFact]
    public void A_long_queue_is_cut_at_every_step() => Is(Plan(100, 4, 5), start: [5, 10, 15, 20]);

    [IsolationFact]
    public void A_short_queue_is_spread_over_all_slots()
    {
        Is(Plan(8, 4, 5), start: [2, 4, 6, 8]);
        Is(Plan(10, 4, 5), start: [3, 5, 8, 10]);
        Is(Plan(3, 4, 5), start: [1, 2, 3]);
        Is(Plan(0, 4, 5));
    }

    [IsolationFact]
    public void One_slot_and_step_1_is_the_serial_queue() => Is(Plan(48, 1, 1), start: [1]);

    [IsolationFact]
    public void One_slot_and_a_step_is_a_batch() => Is(Plan(48, 1, 8), start: [8]);

    [IsolationFact]
    public void Step_1_is_a_window() => Is(Plan(48, 4, 1), start: [1, 2, 3, 4]);

    [IsolationFact]
    public void The_longest_green_prefix_lands_whole_and_shorter_runs_end() =>
        Is(Plan(100, 4, 5, green: [5, 15], running: [10, 20]), land: 15, stop: [10]);

    [IsolationFact]
    public void A_longer_green_prefix_clears_a_shorter_red_one() =>
        Is(Plan(100, 4, 5, green: [10], red: [5], running: [15, 20]), land: 10);

    [IsolationFact]
    public void What_lands_says_nothing_yet_of_what_is_red_behind_it() =>
        Is(Plan(100, 4, 5, green: [5], red: [15], running: [10, 20]), land: 5);

    [IsolationFact]
    public void The_first_red_interval_is_searched_with_all_slots() =>
        Is(Plan(100, 4, 10, red: [10, 20, 30, 40]), start: [2, 4, 6, 8]);

    [IsolationFact]
    public void A_narrow_interval_takes_no_more_than_it_has() => Is(Plan(100, 4, 3, red: [3]), start: [1, 2]);

    [IsolationFact]
    public void Runs_beyond_the_first_red_cut_end_and_keep_their_slots_until_they_have()
    {
        Is(Plan(100, 4, 10, red: [10], running: [20, 30, 40]), start: [2], stop: [20, 30, 40]);
        Is(Plan(100, 4, 10, red: [10], running: [2, 30, 40]), start: [4], stop: [30, 40]);
        Is(Plan(100, 4, 10, red: [10], running: [2, 4]), start: [6, 8]);
    }

    [IsolationFact]
    public void A_run_inside_the_red_interval_goes_on_and_the_search_is_laid_around_it() =>
        Is(Plan(100, 4, 10, red: [20], running: [10]), start: [3, 6, 15]);

    [IsolationFact]
    public void An_interval_that_becomes_narrower_keeps_the_runs_inside_it() =>
        Is(Plan(100, 4, 10, red: [6, 10], running: [2, 4, 8]), start: [1], stop: [8]);

    [IsolationFact]
    public void Runs_beyond_the_first_red_cut_go_on_while_nobody_needs_their_slots()
    {
        Is(Plan(100, 4, 2, red: [2], running: [4, 6, 8]), start: [1]);
        Is(Plan(100, 4, 3, red: [3], running: [6, 9, 12]), start: [1], stop: [12]);
        Is(Plan(100, 4, 2, red: [2, 4], running: [1, 6, 8]));
    }

    [IsolationFact]
    public void A_first_item_that_is_red_alone_is_suspect_and_everything_behind_it_waits()
    {
        Is(Plan(100, 4, 5, red: [1, 5]), suspect: true);
        Is(Plan(100, 4, 5, red: [1, 5], running: [2, 3]), suspect: true);
        Is(Plan(100, 4, 5, red: [1, 5], running: [2, 3, 4, 6]), suspect: true, stop: [6]);
    }

    [IsolationFact]
    public void The_run_that_confirms_is_not_stopped_and_longer_ones_may_still_clear_the_suspect()
    {
        Is(Plan(100, 4, 5, red: [1], running: [1, 5, 10, 15]), suspect: true);
        Is(Plan(100, 4, 5, red: [1], green: [10], running: [1, 5, 15]), land: 10, stop: [1, 5]);
    }

    [IsolationFact]
    public void A_freed_slot_cuts_further_on() => Is(Plan(100, 4, 5, running: [5, 10, 15]), start: [20]);

    [IsolationFact]
    public void Items_that_arrive_later_are_cut_behind_what_runs() => Is(Plan(9, 4, 5, running: [1]), start: [4, 7, 9]);

    [IsolationFact]
    public void No_run_is_stopped_because_the_settings_changed()
    {
        Is(Plan(100, 4, 3, running: [5, 10, 15, 20]));
        Is(Plan(100, 2, 3, running: [5, 10, 15, 20]));
        Is(Plan(100, 1, 1, red: [20], running: [5, 10, 15]));
    }

    [IsolationFact]
    public void What_still_ends_holds_its_slot() =>
        Is(PrefixBisection.Plan(new BatchState(100, new BatchSettings(4, 5)) { Busy = 3 }), start: [5]);

    [IsolationFact]
    public void A_run_of_what_is_no_prefix_any_more_ends() =>
        Is(Plan(10, 4, 5, running: [-3, 0, 5, 12]), stop: [-3, 0, 12]);

    [IsolationFact]
    public void Every_commit_green_cuts_everywhere() => Is(Plan(100, 4, 5, every: true), start: [1, 2, 3, 4]);

    [IsolationFact]
    public void Every_commit_green_lands_only_over_green_ones()
    {
        Is(Plan(100, 4, 1, green: [1, 2, 4], running: [3, 5], every: true), land: 2);
        Is(Plan(100, 4, 1, green: [2, 3], running: [1], every: true), start: [4, 5, 6]);
    }

    [IsolationFact]
    public void Every_commit_green_is_cleared_by_no_longer_prefix()
    {
        Is(Plan(100, 4, 1, green: [2], red: [1], every: true), suspect: true);
        Is(Plan(100, 4, 1, green: [3], red: [2], running: [1], every: true));
    }

    private static BatchPlan Plan(
        int length,
        int slots,
        int step,
        int[]? green = null,
        int[]? red = null,
        int[]? running = null,
        bool every = false
    ) =>
        PrefixBisection.Plan(
            new BatchState(length, new BatchSettings(slots, step, every))
            {
                Green = (green ?? []).ToHashSet(),
                Red = (red ?? []).ToHashSet(),
                Running = (running ?? []).ToHashSet(),
            }
        );

    private static void Is(BatchPlan plan, int land = 0, bool suspect = false, int[]? start = null, int[]? stop = null)
    {
        Assert.Equal(land, plan.Land);
        Assert.Equal(suspect, plan.ConfirmFirst);
        Assert.Equal(start ?? [], plan.Start);
        Assert.Equal(stop ?? [], plan.Stop);
    }
}
