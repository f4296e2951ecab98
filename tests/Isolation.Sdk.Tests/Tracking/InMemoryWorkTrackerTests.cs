using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Tests.Tracking;

public sealed class InMemoryWorkTrackerTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private static readonly ClaimRequest Request = new("w", Lease);
    private readonly ManualTimeProvider _time = new();

    [IsolationFact]
    public async Task Items_go_out_by_priority_and_then_in_the_order_they_came()
    {
        InMemoryWorkTracker tracker = Of(
            Item("a"),
            Item("b") with
            {
                Priority = 5,
            },
            Item("c"),
            Item("d") with
            {
                Priority = 5,
            }
        );
        Assert.Equal(["b", "d", "a", "c"], await ClaimAllAsync(tracker, 4));
    }

    [IsolationFact]
    public async Task An_item_is_ready_when_all_its_blockers_landed_or_had_nothing_to_change()
    {
        InMemoryWorkTracker tracker = Of(Item("c", "a", "b"), Item("a"), Item("b"));
        TrackedItem a = await ClaimAsync(tracker),
            b = await ClaimAsync(tracker);
        ValueTask<TrackedItem?> waiting = tracker.ClaimAsync(Request);
        Assert.NotNull(await tracker.SettleAsync(a, new Settlement.Close(ItemOutcome.Landed)));
        Assert.False(waiting.IsCompleted);
        Assert.NotNull(await tracker.SettleAsync(b, new Settlement.Close(ItemOutcome.NoChange)));
        Assert.Equal("c", (await waiting)!.Item.Id);
    }

    [IsolationTheory]
    [InlineData(ItemOutcome.Failed)]
    [InlineData(ItemOutcome.Conflicted)]
    [InlineData(ItemOutcome.Rejected)]
    [InlineData(ItemOutcome.Quarantined)]
    [InlineData(ItemOutcome.TimedOut)]
    [InlineData(ItemOutcome.Skipped)]
    [InlineData(ItemOutcome.Cancelled)]
    public async Task A_blocker_that_did_not_land_skips_everything_behind_it_with_the_reason(ItemOutcome outcome)
    {
        InMemoryWorkTracker tracker = Of(Item("a"), Item("b", "a"), Item("c", "b"), Item("free"));
        await tracker.SettleAsync(await ClaimAsync(tracker), new Settlement.Close(outcome, "tests are red"));
        await tracker.SettleAsync(await ClaimAsync(tracker), new Settlement.Close(ItemOutcome.Landed));
        IReadOnlyList<TrackedItem> closed = await ClosedAsync(tracker);
        Assert.Equal(
            [("a", outcome), ("b", ItemOutcome.Skipped), ("c", ItemOutcome.Skipped), ("free", ItemOutcome.Landed)],
            closed.Select(c => (c.Item.Id, c.Outcome!.Value))
        );
        Assert.Contains("'a'", closed[1].Reason);
        Assert.Contains("tests are red", closed[2].Reason);
        Assert.Null(await tracker.ClaimAsync(Request));
    }

    [IsolationFact]
    public async Task A_claim_that_is_not_renewed_is_lost_and_its_late_settlement_is_refused()
    {
        InMemoryWorkTracker tracker = Of(Item("a"));
        TrackedItem first = await ClaimAsync(tracker);
        ValueTask<TrackedItem?> next = tracker.ClaimAsync(Request);
        _time.Advance(Lease);
        TrackedItem second = (await next)!;
        Assert.NotEqual(first.Token, second.Token);
        Assert.Contains("not renewed", second.PreviousFailure);
        Assert.Null(await tracker.SettleAsync(first, new Settlement.Close(ItemOutcome.Landed)));
        Assert.False(await tracker.RenewAsync(first));
        Assert.Equal(TrackedState.Claimed, (await tracker.ListAsync()).Single().State);
        Assert.NotNull(await tracker.SettleAsync(second, new Settlement.Close(ItemOutcome.Landed)));
        Assert.Null(await tracker.SettleAsync(second, new Settlement.Close(ItemOutcome.Failed)));
        Assert.Equal(ItemOutcome.Landed, (await tracker.ListAsync()).Single().Outcome);
    }

    [IsolationFact]
    public async Task An_expired_claim_is_refused_even_when_nobody_else_took_the_item()
    {
        InMemoryWorkTracker tracker = Of(Item("a"));
        TrackedItem claim = await ClaimAsync(tracker);
        _time.Advance(Lease);
        Assert.False(await tracker.RenewAsync(claim));
        Assert.Null(await tracker.SettleAsync(claim, new Settlement.Close(ItemOutcome.Landed)));
    }

    [IsolationFact]
    public async Task Renewal_makes_a_claim_hold_for_another_lease()
    {
        InMemoryWorkTracker tracker = Of(Item("a"));
        TrackedItem claim = await ClaimAsync(tracker);
        for (int i = 0; i < 5; i++)
        {
            _time.Advance(Lease - TimeSpan.FromSeconds(1));
            Assert.True(await tracker.RenewAsync(claim));
        }

        Assert.NotNull(await tracker.SettleAsync(claim, new Settlement.Close(ItemOutcome.Landed)));
    }

    [IsolationFact]
    public async Task A_retry_comes_back_after_its_delay_with_the_reason_and_the_attempt_before()
    {
        InMemoryWorkTracker tracker = Of(Item("a"));
        await tracker.SettleAsync(
            await ClaimAsync(tracker),
            new Settlement.Retry(TimeSpan.FromSeconds(30), "red gate", new AttemptId("a", 1))
        );
        ValueTask<TrackedItem?> next = tracker.ClaimAsync(Request);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        TrackedItem claim = (await next)!;
        Assert.Equal(
            ("red gate", new AttemptId("a", 1), null),
            (claim.PreviousFailure, claim.Attempt, claim.ResumeToken)
        );
    }

    [IsolationFact]
    public async Task A_suspended_item_costs_no_slot_and_goes_on_with_its_token_when_resumed()
    {
        InMemoryWorkTracker tracker = Of(Item("a"));
        await tracker.SettleAsync(
            await ClaimAsync(tracker),
            new Settlement.Suspend("token-7", "waits for a person", new AttemptId("a", 1))
        );
        Assert.Null(await tracker.ClaimAsync(Request));
        Assert.False(await tracker.ResumeAsync("unknown"));
        Assert.True(await tracker.ResumeAsync("a"));
        Assert.False(await tracker.ResumeAsync("a"));
        TrackedItem claim = await ClaimAsync(tracker);
        Assert.Equal(("token-7", new AttemptId("a", 1)), (claim.ResumeToken, claim.Attempt));
    }

    [IsolationFact]
    public async Task A_runner_that_is_blocked_waits_for_what_it_named()
    {
        InMemoryWorkTracker tracker = Of(Item("a"), Item("b"));
        await tracker.SettleAsync(await ClaimAsync(tracker), new Settlement.Block(["b"]));
        TrackedItem b = await ClaimAsync(tracker);
        Assert.Equal("b", b.Item.Id);
        Assert.Equal(["b"], (await tracker.ListAsync())[0].WaitingFor);
        await tracker.SettleAsync(b, new Settlement.Close(ItemOutcome.Landed));
        Assert.Equal("a", (await ClaimAsync(tracker)).Item.Id);
    }

    [IsolationTheory]
    [InlineData("nowhere")]
    [InlineData("a")]
    [InlineData("c")]
    public async Task A_runner_that_is_blocked_by_nothing_or_in_a_circle_fails_with_the_reason(string blocker)
    {
        InMemoryWorkTracker tracker = Of(Item("a"), Item("b", "a"), Item("c", "b"));
        await tracker.SettleAsync(await ClaimAsync(tracker), new Settlement.Block([blocker]));
        IReadOnlyList<TrackedItem> closed = await ClosedAsync(tracker);
        Assert.Equal(
            [ItemOutcome.Failed, ItemOutcome.Skipped, ItemOutcome.Skipped],
            closed.Select(c => c.Outcome!.Value)
        );
        Assert.Contains(blocker, closed[0].Reason);
    }

    [IsolationFact]
    public async Task An_item_that_awaits_its_merge_frees_its_slot_and_its_claim_can_still_say_how_that_went()
    {
        InMemoryWorkTracker tracker = Of(Item("a"), Item("b", "a"));
        TrackedItem claim = await ClaimAsync(tracker);
        Assert.NotNull(await tracker.SettleAsync(claim, new Settlement.AwaitMerge(new AttemptId("a", 1))));
        Assert.Null(await tracker.ClaimAsync(Request));
        _time.Advance(TimeSpan.FromDays(3));
        Assert.NotNull(await tracker.SettleAsync(claim, new Settlement.Close(ItemOutcome.Landed)));
        Assert.Equal("b", (await ClaimAsync(tracker)).Item.Id);
    }

    [IsolationFact]
    public async Task All_who_wait_learn_that_there_is_nothing_left()
    {
        InMemoryWorkTracker tracker = Of(Item("a"));
        TrackedItem claim = await ClaimAsync(tracker);
        Task<TrackedItem?>[] waiting = [.. Enumerable.Range(0, 8).Select(_ => tracker.ClaimAsync(Request).AsTask())];
        Assert.DoesNotContain(waiting, w => w.IsCompleted);
        await tracker.SettleAsync(claim, new Settlement.Close(ItemOutcome.Failed, "no"));
        Assert.All(await Task.WhenAll(waiting), Assert.Null);
    }

    [IsolationFact]
    public async Task A_stream_takes_items_until_it_is_complete_and_skips_what_waits_for_one_that_never_came()
    {
        InMemoryWorkTracker tracker = new(_time);
        ValueTask<TrackedItem?> early = tracker.ClaimAsync(Request);
        await tracker.AddAsync([Item("b", "a")]);
        Assert.False(early.IsCompleted);
        await tracker.AddAsync([Item("a")]);
        Assert.Equal("a", (await early)!.Item.Id);
        await tracker.AddAsync([Item("c", "never")]);
        tracker.Complete();
        tracker.Complete();
        TrackedItem skipped = await tracker.WatchAsync().FirstAsync(i => i.State == TrackedState.Closed);
        Assert.Equal(("c", ItemOutcome.Skipped), (skipped.Item.Id, skipped.Outcome!.Value));
        Assert.Contains("never", skipped.Reason);
        Assert.Equal("ISO0706", (await RefusedAsync(tracker, Item("late"))));
    }

    [IsolationFact]
    public async Task A_stream_refuses_what_a_finite_set_refuses()
    {
        InMemoryWorkTracker tracker = new(_time);
        await tracker.AddAsync([Item("a", "b")]);
        await tracker.AddAsync([Item("123")]);
        await tracker.AddAsync([Item("/123")]);
        Assert.Equal("ISO0703", (await RefusedAsync(tracker, Item("b", "a"))));
        Assert.Equal("ISO0702", (await RefusedAsync(tracker, Item("A"))));
        Assert.Equal("ISO0701", (await RefusedAsync(tracker, Item("x\ny"))));
        Assert.Equal("ISO0705", (await RefusedAsync(tracker, new WorkItem("x", " "))));
        Assert.Equal(3, (await tracker.ListAsync()).Count);
    }

    [IsolationFact]
    public async Task History_is_append_only_and_holds_what_the_tracker_did_and_what_workers_said()
    {
        InMemoryWorkTracker tracker = Of(Item("a"));
        TrackedItem claim = await ClaimAsync(tracker);
        await tracker.AppendAsync(
            new HistoryEntry("a", new AttemptId("a", 1), _time.GetUtcNow(), "comment", "half way")
        );
        await tracker.SettleAsync(claim, new Settlement.Retry(TimeSpan.Zero, "red"));
        IReadOnlyList<HistoryEntry> read = await tracker.ReadHistoryAsync("a");
        Assert.Equal(["claimed", "comment", "settled"], read.Select(h => h.Kind));
        Assert.Equal(new AttemptId("a", 1), (await ClaimAsync(tracker)).Attempt);
        Assert.Equal(3, read.Count);
        await Assert.ThrowsAsync<IsolationException>(() =>
            tracker.AppendAsync(new HistoryEntry("b", null, default, "comment", "")).AsTask()
        );
    }

    [IsolationFact]
    public async Task A_hundred_waiters_share_a_chain_and_a_fan_without_taking_anything_twice()
    {
        WorkItem[] items =
        [
            .. Enumerable
                .Range(0, 500)
                .Select(i =>
                    i < 100 ? (i == 0 ? Item("i0") : Item($"i{i}", $"i{i - 1}")) : Item($"i{i}", $"i{i % 100}")
                ),
        ];
        InMemoryWorkTracker tracker = Of(items);
        List<string> taken = [];
        await Task.WhenAll(
            Enumerable
                .Range(0, 16)
                .Select(w =>
                    Task.Run(async () =>
                    {
                        while (await tracker.ClaimAsync(Request) is { } claim)
                        {
                            lock (taken)
                            {
                                Assert.All(claim.Item.BlockedBy, b => Assert.Contains(b, taken));
                                taken.Add(claim.Item.Id);
                            }

                            Assert.NotNull(await tracker.SettleAsync(claim, new Settlement.Close(ItemOutcome.Landed)));
                        }
                    })
                )
        );
        Assert.Equal(500, taken.Distinct().Count());
        Assert.Equal(500, taken.Count);
    }

    [IsolationFact]
    public async Task Cancelling_a_wait_ends_it_and_takes_nothing()
    {
        InMemoryWorkTracker tracker = new(_time);
        using CancellationTokenSource stop = new();
        Task<TrackedItem?> waiting = tracker.ClaimAsync(Request, stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await tracker.AddAsync([Item("a")]);
        Assert.Equal(TrackedState.Ready, (await tracker.ListAsync()).Single().State);
    }

    [IsolationFact]
    public async Task An_end_that_is_none_is_refused()
    {
        InMemoryWorkTracker tracker = Of(Item("a"));
        TrackedItem claim = await ClaimAsync(tracker);
        await Assert.ThrowsAsync<ArgumentException>(() =>
            tracker.SettleAsync(claim, new Settlement.Close(ItemOutcome.Suspended)).AsTask()
        );
        Assert.Equal(TrackedState.Claimed, (await tracker.ListAsync()).Single().State);
    }

    private static WorkItem Item(string id, params string[] blockedBy) => new(id, $"Do {id}") { BlockedBy = blockedBy };

    private static async Task<string> RefusedAsync(InMemoryWorkTracker tracker, WorkItem item) =>
        Assert.Single(await tracker.AddAsync([item])).Fault!.Code;

    /// <summary>Everything, once all of it is closed.</summary>
    private static async Task<IReadOnlyList<TrackedItem>> ClosedAsync(InMemoryWorkTracker tracker)
    {
        await tracker.WatchAsync().LastAsync();
        return await tracker.ListAsync();
    }

    private static async Task<TrackedItem> ClaimAsync(InMemoryWorkTracker tracker) =>
        (await tracker.ClaimAsync(Request))!;

    private static async Task<List<string>> ClaimAllAsync(InMemoryWorkTracker tracker, int count)
    {
        List<string> ids = [];
        for (int i = 0; i < count; i++)
        {
            ids.Add((await ClaimAsync(tracker)).Item.Id);
        }

        return ids;
    }

    private InMemoryWorkTracker Of(params WorkItem[] items) => new(items, _time);
}
