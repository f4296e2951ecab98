using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tracking;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Tests.Scheduling;

/// <summary>
/// What the host gave throws, hangs or comes too early: a run ends with a summary or a fault, and never hangs.
/// </summary>
public sealed class HostFailureTests
{
    [IsolationFact]
    public async Task A_feed_that_throws_loses_no_result_and_is_reported_once_at_the_end()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose().RunWith(PipelineFixture.WriteAndCommitAsync).Build();

        await using IsolationRun run = pipeline.Start(Feed());
        List<WorkItemResult> seen = [];
        IsolationException fault = await Assert.ThrowsAsync<IsolationException>(async () =>
        {
            await foreach (WorkItemResult result in run)
            {
                seen.Add(result);
            }
        });
        IsolationSummary summary = await run.Completion;

        Assert.Equal(["a", "b"], seen.Select(r => r.Item.Id).Order());
        Assert.Equal(2, summary.Count(ItemOutcome.Landed));
        Assert.Equal("ISO0925", fault.Code);
        Assert.Equal("the source is gone", Assert.IsType<InvalidOperationException>(fault.InnerException).Message);
        Assert.Equal(fault.Fault, summary.Fault);
        Assert.False(summary.Cancelled);

        static async IAsyncEnumerable<WorkItem> Feed()
        {
            yield return PipelineFixture.Item("a");
            yield return PipelineFixture.Item("b", "a");
            await Task.Yield();
            throw new InvalidOperationException("the source is gone");
        }
    }

    [IsolationFact]
    public async Task A_feed_that_does_not_listen_cannot_hold_up_a_cancelled_run()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using CancellationTokenSource caller = new();
        TaskCompletionSource never = new(),
            asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using IsolationPipeline pipeline = rig.Compose(o => o.StopGrace = TimeSpan.FromMilliseconds(50))
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();

        await using IsolationRun run = pipeline.Start(Feed(), caller.Token);
        await asked.Task;
        await caller.CancelAsync();

        Assert.True((await run.Completion).Cancelled);

        async IAsyncEnumerable<WorkItem> Feed()
        {
            asked.SetResult();
            await never.Task;
            yield break;
        }
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData(nameof(IWorkTracker.ClaimAsync))]
    [InlineData(nameof(IWorkTracker.SettleAsync))]
    public async Task A_tracker_that_throws_is_the_runs_fault_once_every_worker_has_ended(string where)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        int running = 0;
        BrokenTracker tracker = new(
            where,
            [PipelineFixture.Item("a"), PipelineFixture.Item("b"), PipelineFixture.Item("c")]
        );
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxWorkers = 2)
            .UseTracker(_ => tracker)
            .RunWith(
                async (worker, token) =>
                {
                    Interlocked.Increment(ref running);
                    await PipelineFixture.CommitAsync(worker, $"{worker.Item.Id}.txt", "mine\n", token);
                    Interlocked.Decrement(ref running);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start();

        Assert.Equal(
            "the tracker is gone",
            (await Assert.ThrowsAsync<InvalidOperationException>(() => run.Completion)).Message
        );
        Assert.Equal(0, running);
        Assert.False(Directory.Exists(Path.Combine(rig.Repository.Path, ".git", "worktrees")));
    }

    [IsolationFact]
    public async Task A_run_that_is_cancelled_before_it_began_has_a_summary_too()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using CancellationTokenSource caller = new();
        await caller.CancelAsync();
        await using IsolationPipeline pipeline = rig.Compose().RunWith(PipelineFixture.WriteAndCommitAsync).Build();

        await using IsolationRun run = pipeline.Start(
            [PipelineFixture.Item("a"), PipelineFixture.Item("b", "a")],
            caller.Token
        );
        List<WorkItemResult> seen = [];
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (WorkItemResult result in run)
            {
                seen.Add(result);
            }
        });

        Assert.Equal(caller.Token, thrown.CancellationToken);
        Assert.Equal(
            [("a", ItemOutcome.Cancelled), ("b", ItemOutcome.Cancelled)],
            seen.Select(r => (r.Item.Id, r.Outcome)).Order()
        );
        Assert.True((await run.Completion).Cancelled);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_worker_whose_stop_callback_throws_is_ended_all_the_same()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose(o =>
                (o.AttemptTimeout, o.StopGrace) = (TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(100))
            )
            .RunWith(
                async (worker, token) =>
                {
                    using CancellationTokenRegistration bad = worker.Stopping.Register(static () =>
                        throw new InvalidOperationException("not now")
                    );
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);

        Assert.Equal(ItemOutcome.TimedOut, Assert.Single((await run.Completion).Items).Outcome);
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stopped_worker_is_not_tried_again_whatever_it_makes_of_it(bool throws)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        TaskCompletionSource<AttemptId> runs = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxAttempts = 3)
            .RunWith(
                async (worker, token) =>
                {
                    runs.TrySetResult(worker.Id);
                    TaskCompletionSource stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
                    await using CancellationTokenRegistration ask = worker.Stopping.Register(stopping.SetResult);
                    await stopping.Task.WaitAsync(token);
                    return throws
                        ? throw new InvalidOperationException("I was busy")
                        : (RunResult)new RunResult.Failed("I was busy");
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        await run.StopAsync(await runs.Task, TimeSpan.FromSeconds(20));

        Assert.Single(Assert.Single((await run.Completion).Items).Attempts);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task An_attempt_may_take_longer_than_a_day()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose(o => o.AttemptTimeout = TimeSpan.FromDays(7))
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);

        Assert.Equal(ItemOutcome.Landed, Assert.Single((await run.Completion).Items).Outcome);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_logger_that_throws_disturbs_nobody()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using ThrowingLoggers loggers = new();
        await using IsolationPipeline pipeline = rig.Compose()
            .UseLoggerFactory(loggers)
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a"), PipelineFixture.Item("b")]);

        Assert.All((await run.Completion).Items, i => Assert.Equal((ItemOutcome.Landed, null), (i.Outcome, i.Reason)));
    }

    private sealed class BrokenTracker(string where, IReadOnlyList<WorkItem> items)
        : ForwardingTracker(new InMemoryWorkTracker(items))
    {
        private int _claims;

        public override ValueTask<TrackedItem?> ClaimAsync(
            ClaimRequest request,
            CancellationToken cancellationToken = default
        ) =>
            where == nameof(ClaimAsync) && Interlocked.Increment(ref _claims) == 2
                ? throw new InvalidOperationException("the tracker is gone")
                : base.ClaimAsync(request, cancellationToken);

        public override ValueTask<TrackedItem?> SettleAsync(
            TrackedItem claim,
            Settlement settlement,
            CancellationToken cancellationToken = default
        ) =>
            where == nameof(SettleAsync)
                ? throw new InvalidOperationException("the tracker is gone")
                : base.SettleAsync(claim, settlement, cancellationToken);
    }

    private sealed class ThrowingLoggers : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) { }

        public void Dispose() { }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => throw new InvalidOperationException("no logs today");
    }
}
