using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sqlite;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Tests.Scheduling;

/// <summary>A run works with any tracker alike, and what the tracker keeps survives the run.</summary>
public sealed class TrackerSeamTests
{
    [IsolationTheory]
    [InlineData("given")]
    [InlineData("in memory")]
    [InlineData("forwarding")]
    [InlineData("stored")]
    [InlineData("given and stored")]
    public async Task Every_tracker_gives_the_same_results(string kind)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        WorkItem[] items =
        [
            PipelineFixture.Item("lands"),
            PipelineFixture.Item("after", "lands"),
            PipelineFixture.Item("fails"),
            PipelineFixture.Item("skipped", "fails"),
            PipelineFixture.Item("suspends"),
            PipelineFixture.Item("waits", "suspends"),
            PipelineFixture.Item("idle"),
        ];
        using TrackerFile file = new();
        IWorkTracker tracker = kind switch
        {
            "in memory" => new InMemoryWorkTracker(items),
            "forwarding" => new ForwardingTracker(new InMemoryWorkTracker(items)),
            _ => file.Open(),
        };
        IsolationPipelineBuilder builder = rig.Compose(o => o.MaxAttempts = 2)
            .RunWith(
                Task<RunResult> (worker, token) =>
                    worker.Item.Id switch
                    {
                        "fails" => Task.FromResult<RunResult>(new RunResult.Failed("tests are red")),
                        "suspends" => Task.FromResult<RunResult>(new RunResult.Suspended("asks a person", "t")),
                        "idle" => Task.FromResult<RunResult>(new RunResult.Done()),
                        _ => PipelineFixture.WriteAndCommitAsync(worker, token),
                    }
            );
        await using IsolationPipeline pipeline = (kind == "given" ? builder : builder.UseTracker(_ => tracker)).Build();
        if (kind == "stored")
        {
            Assert.Empty(await tracker.AddAsync(items));
        }

        // A file is open for items for ever: a run of given items ends all the same.
        await using IsolationRun run =
            kind is "given" or "given and stored" ? pipeline.Start(items)
            : kind == "stored" ? pipeline.Start(Array.Empty<WorkItem>())
            : pipeline.Start();
        List<WorkItemResult> seen = [];
        await foreach (WorkItemResult result in run)
        {
            seen.Add(result);
        }

        Assert.Equal(
            [
                "after Landed 1",
                "fails Failed 2 tests are red",
                "idle NoChange 1 It was done without changing a file.",
                "lands Landed 1",
                "skipped Skipped 0 It is blocked by 'fails', which ended as Failed: tests are red",
                "suspends Suspended 1 asks a person",
                "waits Skipped 0 It waits for suspends.",
            ],
            seen.Select(r => $"{r.Item.Id} {r.Outcome} {r.Attempts.Count} {r.Reason}".TrimEnd())
                .Order(StringComparer.Ordinal)
        );
        Assert.Equal(seen, (await run.Completion).Items);
    }

    [IsolationFact]
    public async Task Budgets_and_history_outlive_the_run()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using TrackerFile file = new();
        SqliteWorkTracker tracker = file.Open();
        List<string> briefings = [];
        for (int host = 0; host < 3; host++)
        {
            await using IsolationPipeline pipeline = rig.Compose(o =>
                    (o.MaxAttempts, o.RetryDelay) = (2, TimeSpan.FromMilliseconds(1))
                )
                .UseTracker(_ => file.Open())
                .RunWith(
                    Task<RunResult> (worker, _) =>
                    {
                        briefings.Add(worker.Context.Briefing);
                        return Task.FromResult<RunResult>(
                            briefings.Count == 1
                                ? new RunResult.Suspended("asks a person", "token-7")
                                : new RunResult.Failed($"no {briefings.Count}")
                        );
                    }
                )
                .Build();
            await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
            WorkItemResult result = Assert.Single((await run.Completion).Items);
            Assert.Equal(host == 0 ? ItemOutcome.Suspended : ItemOutcome.Failed, result.Outcome);
            await tracker.ResumeAsync("a");
        }

        // The second host used up what the first had left, and the third did nothing again.
        Assert.Equal(2, briefings.Count);
        TrackedItem item = Assert.Single(await tracker.ListAsync());
        Assert.Equal((2, new AttemptId("a", 2), "no 2"), (item.Attempts, item.Attempt, item.Reason));
        Assert.Equal(
            ["claimed", "began", "settled", "claimed", "began", "settled", "settled"],
            (await tracker.ReadHistoryAsync("a")).Select(h => h.Kind)
        );
    }

    [IsolationFact]
    public async Task What_waits_for_an_approval_is_followed_by_a_later_run_and_unblocks()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using TrackerFile file = new();
        SqliteWorkTracker tracker = file.Open();
        await using IsolationPipeline pipeline = rig.Compose()
            .Merging.UseManual()
            .UseTracker(_ => tracker)
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();
        WorkItem[] items = [PipelineFixture.Item("a"), PipelineFixture.Item("after", "a")];
        IsolationSummary first;
        await using (IsolationRun run = pipeline.Start(items))
        {
            first = await run.Completion;
        }

        await using (
            IMergeQueue queue = await MergeStrategies
                .Manual()
                .OpenAsync(
                    new MergeTarget(new RepositoryRef(rig.Repository.Path), $"refs/heads/{PipelineFixture.Target}")
                )
        )
        {
            string commit = first.Items.Single(i => i.Item.Id == "a").Attempts[0].Commit!;
            await queue.ApproveAsync(new AttemptId("a", 1), commit, "me");
        }

        await using IsolationRun second = pipeline.Start(items);
        Dictionary<string, WorkItemResult> results = (await second.Completion).Items.ToDictionary(i => i.Item.Id);

        Assert.Equal(ItemOutcome.AwaitingMerge, first.Items.Single(i => i.Item.Id == "a").Outcome);
        Assert.Equal(ItemOutcome.Landed, results["a"].Outcome);
        Assert.Empty(results["a"].Attempts);
        Assert.Equal(ItemOutcome.AwaitingMerge, results["after"].Outcome);
        Assert.Single(results["after"].Attempts);
    }

    [IsolationFact]
    public async Task Bad_items_of_a_stream_are_their_own_results_and_the_run_goes_on()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose().RunWith(PipelineFixture.WriteAndCommitAsync).Build();

        await using IsolationRun run = pipeline.Start(Items());
        List<WorkItemResult> results = await run.ToListAsync();

        Assert.Equal(
            ["ISO0701", "ISO0701", "ISO0702", "ISO0702", "ISO0703", "ISO0709"],
            results
                .Where(r => r.Outcome == ItemOutcome.Refused)
                .Select(r => r.Reason!.Split(':')[0])
                .Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            ["a Landed", "last Landed", "loop Skipped"],
            results
                .Where(r => r.Outcome != ItemOutcome.Refused)
                .Select(r => $"{r.Item.Id} {r.Outcome}")
                .Order(StringComparer.Ordinal)
        );
        Assert.Equal(results.Count, (await run.Completion).Items.Count);

        static async IAsyncEnumerable<WorkItem> Items()
        {
            yield return PipelineFixture.Item("a");
            yield return PipelineFixture.Item("a");
            yield return PipelineFixture.Item("A");
            yield return PipelineFixture.Item("");
            yield return null!;
            yield return PipelineFixture.Item("loop", "pool");
            yield return PipelineFixture.Item("pool", "loop");
            yield return PipelineFixture.Item("nulls") with
            {
                Paths = null!,
            };
            await Task.Yield();
            yield return PipelineFixture.Item("last");
        }
    }

    [IsolationFact]
    public async Task A_watcher_ends_with_its_run_and_sees_no_other()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose().RunWith(PipelineFixture.WriteAndCommitAsync).Build();
        List<string> watched = [];
        for (int i = 0; i < 2; i++)
        {
            await using IsolationRun run = pipeline.Start([PipelineFixture.Item($"i{i}")]);
            Task<List<WorkerEvent>> watching = run.WatchAsync().ToListAsync().AsTask();
            await run.Completion;
            List<WorkerEvent> events = await watching; // The user's obvious code.
            Assert.All(events, e => Assert.Equal($"i{i}", e.Attempt.Item));
            Assert.Contains(events, e => e.Kind == WorkerEventKind.Ended);
            Assert.Empty(await run.WatchAsync().ToListAsync());
        }

        Assert.Equal(2, pipeline.Workers.Count);
    }

    [IsolationFact]
    public async Task A_watcher_of_a_refused_run_ends()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .Target("main")
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);

        Assert.Empty(await run.WatchAsync().ToListAsync());
        await Assert.ThrowsAsync<IsolationConfigurationException>(() => run.Completion);
    }

    [IsolationFact]
    public async Task An_item_whose_change_is_there_already_changes_nothing_and_unblocks()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        AsyncBarrier together = new(2);
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    if (worker.Item.Id != "after")
                    {
                        await together.SignalAndWaitAsync(token);
                        await PipelineFixture.CommitAsync(worker, "same.txt", worker.Item.Id, token);
                        await PipelineFixture.CommitAsync(worker, "same.txt", "the same\n", token);
                        return new RunResult.Done();
                    }

                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("a"),
            PipelineFixture.Item("b"),
            PipelineFixture.Item("after", "a", "b"),
        ]);
        IsolationSummary summary = await run.Completion;

        Assert.Equal((2, 1), (summary.Count(ItemOutcome.Landed), summary.Count(ItemOutcome.NoChange)));
    }

    [IsolationFact]
    public async Task An_item_that_has_not_started_can_be_cancelled()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        TaskCompletionSource running = new(TaskCreationOptions.RunContinuationsAsynchronously),
            cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxWorkers = 1)
            .RunWith(
                async (worker, token) =>
                {
                    running.TrySetResult();
                    await cancelled.Task.WaitAsync(token);
                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("first"),
            PipelineFixture.Item("second"),
            PipelineFixture.Item("third", "second"),
        ]);
        await running.Task;
        bool started = await run.CancelAsync("first"),
            waiting = await run.CancelAsync("second", "nobody needs it");
        cancelled.SetResult();
        Dictionary<string, WorkItemResult> results = (await run.Completion).Items.ToDictionary(i => i.Item.Id);

        Assert.False(started);
        Assert.True(waiting);
        Assert.Equal(ItemOutcome.Landed, results["first"].Outcome);
        Assert.Equal((ItemOutcome.Cancelled, "nobody needs it"), (results["second"].Outcome, results["second"].Reason));
        Assert.Equal(ItemOutcome.Skipped, results["third"].Outcome);
        Assert.Contains("nobody needs it", results["third"].Reason, StringComparison.Ordinal);
    }

    [IsolationFact]
    public async Task An_item_brings_its_own_time_limit_and_data()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string? ticket = null;
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    ticket ??= worker.Item.Data.GetValueOrDefault("ticket");
                    if (worker.Item.Timeout is not null)
                    {
                        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, worker.Stopping);
                    }

                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("short") with
            {
                Timeout = TimeSpan.FromMilliseconds(200),
            },
            PipelineFixture.Item("data") with
            {
                Data = new Dictionary<string, string> { ["ticket"] = "SHOP-1" },
            },
        ]);
        Dictionary<string, WorkItemResult> results = (await run.Completion).Items.ToDictionary(i => i.Item.Id);

        Assert.Equal(ItemOutcome.TimedOut, results["short"].Outcome);
        Assert.Contains("00:00:00.2", results["short"].Reason, StringComparison.Ordinal);
        Assert.Equal(ItemOutcome.Landed, results["data"].Outcome);
        Assert.Equal(("SHOP-1", "SHOP-1"), (ticket, results["data"].Item.Data["ticket"]));
    }

    [IsolationFact]
    public async Task Attempts_wait_while_too_many_merges_are_pending()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously),
            full = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int begun = 0;
        await using IsolationPipeline pipeline = rig.Compose(o => (o.MaxWorkers, o.MaxPendingMerges) = (1, 2))
            .Merging.UseSerialQueue(o => o.Gates.Add("opens", async (_, token) =>
                {
                    await open.Task.WaitAsync(token);
                    return GateResult.Pass;
                }))
            .RunWith(
                async (worker, token) =>
                {
                    Interlocked.Increment(ref begun);
                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            .. Enumerable.Range(0, 5).Select(i => PipelineFixture.Item($"i{i}")),
        ]);
        Task watching = Task.Run(async () =>
        {
            HashSet<AttemptId> submitted = [];
            await foreach (WorkerEvent happened in run.WatchAsync())
            {
                if (happened.Kind == WorkerEventKind.Merge && submitted.Add(happened.Attempt) && submitted.Count == 2)
                {
                    full.TrySetResult();
                }
            }
        });
        await full.Task;
        int whileFull = Volatile.Read(ref begun);
        open.SetResult();
        IsolationSummary summary = await run.Completion;
        await watching;

        Assert.Equal(2, whileFull);
        Assert.Equal(5, summary.Count(ItemOutcome.Landed));
    }

    [IsolationFact]
    public async Task A_drained_run_finishes_what_runs_and_leaves_the_rest_to_its_tracker()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using TrackerFile file = new();
        SqliteWorkTracker tracker = file.Open();
        TaskCompletionSource running = new(TaskCreationOptions.RunContinuationsAsynchronously),
            draining = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxWorkers = 1)
            .UseTracker(_ => tracker)
            .RunWith(
                async (worker, token) =>
                {
                    running.TrySetResult();
                    await draining.Task.WaitAsync(token);
                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a"), PipelineFixture.Item("b")]);
        await running.Task;
        Task<IsolationSummary> drained = run.DrainAsync();
        draining.SetResult();
        IsolationSummary summary = await drained;

        Assert.False(summary.Cancelled);
        Assert.Equal(
            ["a Landed", "b Cancelled"],
            summary.Items.Select(i => $"{i.Item.Id} {i.Outcome}").Order(StringComparer.Ordinal)
        );
        Assert.Equal([TrackedState.Closed, TrackedState.Ready], (await tracker.ListAsync()).Select(i => i.State));
    }

    [IsolationFact]
    public async Task A_cancelled_run_gives_its_items_back_to_their_tracker()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using TrackerFile file = new();
        SqliteWorkTracker tracker = file.Open();
        using CancellationTokenSource stop = new();
        await using IsolationPipeline pipeline = rig.Compose(o => (o.MaxWorkers, o.MaxAttempts) = (1, 1))
            .UseTracker(_ => tracker)
            .RunWith(
                async (worker, token) =>
                {
                    await stop.CancelAsync();
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start(
            [PipelineFixture.Item("a"), PipelineFixture.Item("b")],
            stop.Token
        );
        IsolationSummary summary = await run.Completion;

        Assert.Equal(2, summary.Count(ItemOutcome.Cancelled));
        Assert.Equal(
            [(TrackedState.Ready, 0), (TrackedState.Ready, 0)],
            (await tracker.ListAsync()).Select(i => (i.State, i.Attempts))
        );
    }

    [IsolationTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_attempt_of_a_dead_host_is_joined_if_it_still_runs_and_is_done_anew_if_not(bool runs)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using TrackerFile file = new();
        SqliteWorkTracker tracker = file.Open();
        AttemptId first = new("a", 1);
        await tracker.AddAsync([PipelineFixture.Item("a")]);
        TrackedItem claim = (await tracker.ClaimAsync(new ClaimRequest("dead", TimeSpan.FromMilliseconds(1))))!;
        await tracker.BeginAsync(claim, first);
        string head = await rig.GitAsync("rev-parse", "main");
        await rig.GitAsync("update-ref", "refs/isolation/attempts/a/1", head);
        await using IsolationPipeline pipeline = rig.Compose()
            .UseTracker(_ => tracker)
            .UseDispatcher((inner, _) => new ListingDispatcher(inner, runs ? [new DispatchedAttempt(first, head)] : []))
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal(ItemOutcome.Landed, result.Outcome);
        Assert.Equal(runs ? 1 : 2, Assert.Single(result.Attempts).Attempt.Number);
        Assert.Equal(1, Assert.Single(await tracker.ListAsync()).NodeLosses);
    }

    [IsolationTheory]
    [InlineData(2, ItemOutcome.Landed)]
    [InlineData(3, ItemOutcome.Failed)]
    public async Task A_lost_machine_is_not_the_items_failure_but_has_a_limit(int losses, ItemOutcome outcome)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose(o => (o.MaxAttempts, o.MaxNodeLosses) = (1, 3))
            .UseDispatcher((inner, _) => new ListingDispatcher(inner, []) { Losses = losses })
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal(outcome, result.Outcome);
        Assert.Equal(3, result.Attempts.Count);
        Assert.Equal(losses == 3, result.Reason?.Contains("node-7", StringComparison.Ordinal) == true);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Merges_keep_up_while_workers_run()
    {
        const int Items = 40;
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        IsolationPipeline? pipeline = null;
        int begun = 0,
            landed = 0;
        await using IsolationPipeline built = pipeline = rig.Compose(o => (o.MaxWorkers, o.MaxPendingMerges) = (4, 4))
            .RunWith(
                async (worker, token) =>
                {
                    if (Interlocked.Increment(ref begun) == Items)
                    {
                        landed = pipeline!.Workers.Count(w => w.Outcome == ItemOutcome.Landed);
                    }

                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([
            .. Enumerable.Range(0, Items).Select(i => PipelineFixture.Item($"i{i}")),
        ]);
        IsolationSummary summary = await run.Completion;

        Assert.Equal(Items, summary.Count(ItemOutcome.Landed));
        // Itself, three beside it, and at most four that were pending and as many after.
        Assert.InRange(landed, Items - 12, Items);
    }

    [IsolationFact]
    public async Task A_tracker_that_is_null_is_refused_by_name()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .UseTracker(_ => null!)
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();

        Assert.Equal("ISO0923", Assert.Throws<IsolationException>(() => pipeline.Start()).Code);
    }

    private sealed class ListingDispatcher(IWorkerDispatcher inner, IReadOnlyList<DispatchedAttempt> running)
        : IWorkerDispatcher
    {
        public int Losses { get; set; }

        public Task<AttemptReport> DispatchAsync(
            WorkerAssignment assignment,
            CancellationToken cancellationToken = default
        ) =>
            Losses-- > 0
                ? Task.FromResult(
                    new AttemptReport(assignment.Attempt, new RunResult.NodeLost("node-7", "it does not answer"))
                )
                : inner.DispatchAsync(assignment, cancellationToken);

        public ValueTask<bool> SendAsync(
            AttemptId attempt,
            WorkerMessage message,
            CancellationToken cancellationToken = default
        ) => inner.SendAsync(attempt, message, cancellationToken);

        public ValueTask<bool> StopAsync(
            AttemptId attempt,
            TimeSpan grace,
            CancellationToken cancellationToken = default
        ) => inner.StopAsync(attempt, grace, cancellationToken);

        public IAsyncEnumerable<DispatchedAttempt> ListAsync(CancellationToken cancellationToken = default) =>
            running.ToAsyncEnumerable();
    }
}
