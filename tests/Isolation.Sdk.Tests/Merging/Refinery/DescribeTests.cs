using System.Diagnostics.Metrics;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging.Refinery;

public sealed class DescribeTests
{
    [IsolationFact(Tier = Tier.Ci)]
    public async Task Who_passes_by_reads_what_is_in_the_gate_what_waits_and_why()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync();
        await bench.SubmitAsync("a");
        await bench.SubmitAsync("b");
        await bench.SubmitAsync("c");
        await bench.SubmitAsync("e", change: r => r with { DependsOn = [RefineryFixture.Of("gone")] });
        await bench.GoAsync();
        ControlledGateRun first = await bench.Gate.RunOfAsync("a");
        await bench.Gate.RunOfAsync("a b");
        await bench.UntilAsync("b", s => s.State == MergeState.Testing);

        QueueReport queue = Assert.Single(
            await new MergeQueueClient(
                bench.Fixture.Target.Repository,
                bench.Fixture.Repository.Path + ".workers"
            ).DescribeAsync(QueueFixture.TargetRef)
        );

        Assert.Equal(
            (true, 2, await bench.Fixture.TargetCommitAsync()),
            (queue.IsActing, queue.MaxConcurrency, queue.Commit)
        );
        Assert.Null(queue.Pause);
        Assert.Equal(["a", "a b"], queue.Testing.Select(t => string.Join(' ', t.Attempts.Select(a => a.Item))));
        Assert.Equal(
            (first.Commit, first.Tree, false, false),
            (queue.Testing[0].Commit, queue.Testing[0].Tree, queue.Testing[0].IsRetry, queue.Testing[0].IsTarget)
        );
        Assert.Equal(
            (MergeState.Testing, "a.1", queue.Testing[1].Since),
            (Of(queue, "b").State, Assert.Single(Of(queue, "b").With).ToString(), Of(queue, "b").Since)
        );
        Assert.Equal((MergeState.Queued, 1), (Of(queue, "c").State, Of(queue, "c").Position));
        Assert.Equal((MergeState.Held, MergeHoldReason.Dependency), (Of(queue, "e").State, Of(queue, "e").Hold));
        Assert.NotNull(Of(queue, "e").Since);
        Assert.Equal(
            queue.Items.Select(i => (i with { Files = [], Coupled = MergeStatus.NoneCoupled }).ToString()),
            (await new MergeQueueClient(bench.Fixture.Target.Repository).ReadAsync()).Select(i =>
                (i with { Files = [], Coupled = MergeStatus.NoneCoupled }).ToString()
            )
        );
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_the_gate_said_and_what_landed_is_told_when_nobody_acts_any_more()
    {
        Dictionary<string, double> measured = [];
        using MeterListener listener = Listen(measured);
        await using RefineryFixture bench = await RefineryFixture.CreateAsync(o => o.MaxConcurrency = 1);
        await bench.SubmitAsync("a");
        await bench.SubmitAsync("bad");
        await bench.GoAsync();
        await bench.Gate.FailAsync("a");
        await bench.Gate.PassAsync("a");
        await bench.Gate.FailAsync("bad");
        await bench.Gate.FailAsync("bad");
        bench.Gate.Always("", GateResult.Pass);
        MergeStatus rejected = await bench.EndAsync("bad");
        await bench.Queue.DisposeAsync();

        QueueReport queue = Assert.Single(
            await new MergeQueueClient(bench.Fixture.Target.Repository).DescribeAsync(QueueFixture.TargetRef)
        );

        Assert.Equal((MergeState.Rejected, false, null), (rejected.State, queue.IsActing, queue.MaxConcurrency));
        Assert.Empty(queue.Testing);
        Assert.Equal((1, 3), (queue.FlakyPasses, queue.GateResults[GateVerdict.Fail]));
        Assert.Equal(
            ("a.1", queue.Commit),
            (Assert.Single(queue.Landed).Attempt.ToString(), queue.Landed[0].LandedCommit)
        );
        Assert.Equal(MergeState.Rejected, Assert.Single(queue.Items).State);
        lock (measured)
        {
            Assert.True(measured["isolation.merge.landings"] >= 1);
            Assert.True(measured["isolation.merge.evictions"] >= 1);
            Assert.True(measured["isolation.gate.flakes"] >= 1);
            Assert.True(measured["isolation.gate.runs"] >= 4);
            Assert.Superset(
                new HashSet<string>
                {
                    "isolation.merge.wait",
                    "isolation.merge.group",
                    "isolation.merge.queue.length",
                    "isolation.gate.duration",
                },
                measured.Keys.ToHashSet()
            );
        }
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Who_passes_by_can_pause_and_resume_what_another_one_acts_in()
    {
        await using RefineryFixture bench = await RefineryFixture.CreateAsync();
        await new MergeQueueClient(bench.Fixture.Target.Repository).PauseAsync(QueueFixture.TargetRef, "release", 2);
        await bench.SubmitAsync("a");
        await bench.UntilAsync("a", s => s.Hold == MergeHoldReason.Paused);

        QueuePause halt = (await new MergeQueueClient(bench.Fixture.Target.Repository).DescribeAsync()).Single().Pause!;
        await new MergeQueueClient(bench.Fixture.Target.Repository).ResumeAsync(QueueFixture.TargetRef);
        await bench.Gate.PassAsync("a");

        Assert.Equal(new QueuePause(MergeHoldReason.Paused, "release") { MinimumPriority = 2 }, halt);
        Assert.Equal(MergeState.Landed, (await bench.EndAsync("a")).State);
    }

    [IsolationFact]
    public async Task A_branch_without_a_queue_has_no_report_and_a_missing_one_is_a_fault()
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("a.txt", "a\n"));

        Assert.Empty(await new MergeQueueClient(bench.Target.Repository).DescribeAsync(QueueFixture.TargetRef));
        Assert.Empty(await new MergeQueueClient(bench.Target.Repository).DescribeAsync());
        MergeQueueClient client = new(bench.Target.Repository);
        const string Missing = "refs/heads/nowhere";
        Assert.Equal(
            "ISO0602",
            (await Assert.ThrowsAsync<IsolationException>(() => client.DescribeAsync(Missing))).Code
        );
        Assert.Equal("ISO0602", (await Assert.ThrowsAsync<IsolationException>(() => client.ResumeAsync(Missing))).Code);
    }

    private static MergeStatus Of(QueueReport queue, string item) => queue.Items.Single(i => i.Attempt.Item == item);

    /// <summary>Sums by instrument; other tests of the process may add to them.</summary>
    private static MeterListener Listen(Dictionary<string, double> measured)
    {
        MeterListener listener = new() { InstrumentPublished = (instrument, l) => Enable(instrument, l) };
        listener.SetMeasurementEventCallback<long>((i, value, _, _) => Add(i.Name, value));
        listener.SetMeasurementEventCallback<int>((i, value, _, _) => Add(i.Name, value));
        listener.SetMeasurementEventCallback<double>((i, value, _, _) => Add(i.Name, value));
        listener.Start();
        return listener;

        static void Enable(Instrument instrument, MeterListener l)
        {
            if (instrument.Meter.Name == "Isolation.Sdk")
            {
                l.EnableMeasurementEvents(instrument);
            }
        }

        void Add(string name, double value)
        {
            lock (measured)
            {
                measured[name] = measured.GetValueOrDefault(name) + value;
            }
        }
    }
}
