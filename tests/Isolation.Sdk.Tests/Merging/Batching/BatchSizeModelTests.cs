using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging;

public class BatchSizeModelTests
{
    [IsolationFact]
    public void The_rate_of_a_window_is_the_known_one()
    {
        Assert.Equal((1 - Math.Pow(.9, 4)) / .1, Known(.1).Rate(4, 1), 9);
        Assert.Equal(1, Known(.3).Rate(1, 1), 9);
    }

    [IsolationFact]
    public void The_rate_of_a_batch_of_two_is_the_known_one()
    {
        // Both good: 2 items in 1 round. First bad: 1 item in 2 rounds. Second bad: 2 items in 2 rounds.
        const double Good = .8;
        const double Bad = .2;
        Assert.Equal(((2 * Good * Good) + Bad + (2 * Good * Bad)) / (1 + Bad + (Good * Bad)), Known(Bad).Rate(1, 2), 9);
    }

    [IsolationFact]
    public void The_rate_is_what_a_long_simulated_queue_does() => Assert.All([(1, 8), (2, 5), (4, 5), (8, 3)], cell =>
        {
            (int slots, int step) = cell;
            Benchmarks.Refinery.SimulatedQueue queue = new(new(5000, .08), confirm: false, seed: 4);
            double rate = 5000 / queue.Run(_ => new BatchSettings(slots, step)).Time;
            Assert.InRange(rate / Known(.08).Rate(slots, step), .93, 1.07);
        });

    [IsolationFact]
    public void Rare_bad_items_make_larger_steps() =>
        Assert.True(
            Chosen(Known(.02)).BatchSize > Chosen(Known(.05)).BatchSize
                && Chosen(Known(.05)).BatchSize > Chosen(Known(.3)).BatchSize
        );

    [IsolationFact]
    public void Frequent_bad_items_make_a_window() =>
        Assert.Equal(new BatchSettings(8, 1), Known(.3).Settings(8, null, 48, false, 48));

    [IsolationFact]
    public void What_lands_and_what_is_evicted_is_learned()
    {
        BatchSizeModel model = new();
        Assert.Equal(BatchSizeModel.NeutralFailureRate, model.FailureRate);
        model.RecordLanded(200);
        Assert.InRange(model.FailureRate, 0, .02);
        for (int item = 0; item < 200; item++)
        {
            model.RecordEvicted();
        }

        Assert.InRange(model.FailureRate, .8, 1);
        model.RecordLanded(400);
        Assert.InRange(model.FailureRate, 0, .02);
    }

    [IsolationFact]
    public void Gates_that_do_not_slow_each_other_take_all_slots() =>
        Assert.Equal(4, Chosen(Measured(_ => 10)).MaxConcurrency);

    [IsolationFact]
    public void Gates_that_take_the_whole_machine_run_alone_in_larger_batches()
    {
        BatchSettings alone = Chosen(Measured(n => 10 * n));
        Assert.Equal(1, alone.MaxConcurrency);
        Assert.True(alone.BatchSize > Chosen(Measured(_ => 10)).BatchSize);
    }

    [IsolationFact]
    public void Gates_of_which_two_fit_run_in_pairs() =>
        Assert.Equal(2, Chosen(Measured(n => 10 * Math.Max(1, n / 2.0))).MaxConcurrency);

    [IsolationFact]
    public void More_slots_than_were_ever_tried_are_tried()
    {
        BatchSizeModel model = Known(.1);
        model.RecordPass(TimeSpan.FromSeconds(10), 1);
        Assert.Equal(4, Chosen(model).MaxConcurrency);
    }

    [IsolationFact]
    public void What_was_slow_long_ago_is_tried_again()
    {
        BatchSizeModel model = Measured(n => 10 * n);
        for (int run = 0; run < 250; run++)
        {
            model.RecordPass(TimeSpan.FromSeconds(10), 1);
        }

        Assert.Equal(4, Chosen(model).MaxConcurrency);
    }

    [IsolationFact]
    public void A_step_that_is_set_is_kept() =>
        Assert.Equal(new BatchSettings(4, 7), Known(.3).Settings(4, 7, 48, false, 3));

    [IsolationFact]
    public void Every_commit_green_is_step_1() =>
        Assert.Equal(new BatchSettings(4, 1, true), Known(.01).Settings(4, 7, 48, true, 48));

    [IsolationFact]
    public void No_step_is_larger_than_allowed_or_than_what_waits()
    {
        Assert.Equal(6, Known(.01).Settings(1, null, 6, false, 48).BatchSize);
        Assert.Equal(3, Known(.01).Settings(4, null, 48, false, 12).BatchSize);
        Assert.Equal(new BatchSettings(4, 1), Known(.01).Settings(4, null, 48, false, 0));
    }

    private static BatchSizeModel Known(double bad) => new(bad, double.PositiveInfinity);

    private static BatchSizeModel Measured(Func<int, double> seconds)
    {
        BatchSizeModel model = Known(.1);
        for (int concurrent = 1; concurrent <= 4; concurrent++)
        {
            model.RecordPass(TimeSpan.FromSeconds(seconds(concurrent)), concurrent);
        }

        return model;
    }

    private static BatchSettings Chosen(BatchSizeModel model) => model.Settings(4, null, 48, false, 480);
}
