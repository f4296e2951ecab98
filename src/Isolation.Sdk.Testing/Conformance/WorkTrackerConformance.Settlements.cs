using Isolation.Sdk.Tracking;
using static Isolation.Sdk.Testing.ConformanceException;

namespace Isolation.Sdk.Testing;

public abstract partial class WorkTrackerConformance
{
    /// <summary>A retry comes back after its delay, with the reason and the attempt that failed.</summary>
    [Conformance]
    public Task A_retry_comes_after_its_delay_with_the_reason() =>
        OnAsync(
            async (tracker, time) =>
            {
                AttemptId attempt = new("a", 1);
                await AddAsync(tracker, Item("a")).ConfigureAwait(false);
                TrackedItem claim = await ClaimAsync(tracker).ConfigureAwait(false);
                await tracker.BeginAsync(claim, attempt).ConfigureAwait(false);
                await tracker
                    .SettleAsync(claim, new Settlement.Retry(TimeSpan.FromSeconds(30), "red gate", attempt))
                    .ConfigureAwait(false);
                time.Advance(TimeSpan.FromSeconds(29));
                RequireEqual(
                    TrackedState.Delayed,
                    (await FindAsync(tracker, "a").ConfigureAwait(false)).State,
                    "Wrong: the state before the delay is over."
                );
                time.Advance(TimeSpan.FromSeconds(1));
                TrackedItem next = await ClaimAsync(tracker).ConfigureAwait(false);
                RequireEqual(
                    ("red gate", attempt, null),
                    (next.PreviousFailure, next.Attempt, next.Running),
                    "Wrong: what the next claim knows."
                );
            }
        );

    /// <summary>
    /// The budget of attempts counts all of them, also those before a restart. When it is used up, a retry closes the
    /// item.
    /// </summary>
    [Conformance]
    public Task A_used_up_budget_closes_the_item() =>
        OnAsync(
            async (tracker, time) =>
            {
                await AddAsync(tracker, Item("a")).ConfigureAwait(false);
                Settlement.Retry retry = new(TimeSpan.Zero, "red") { Outcome = ItemOutcome.Rejected };
                TrackedItem first = await ClaimAsync(tracker, maxAttempts: 2).ConfigureAwait(false);
                TrackedItem? again = await tracker.SettleAsync(first, retry).ConfigureAwait(false);
                RequireEqual(TrackedState.Ready, again?.State, "Wrong: the state after the first of two attempts.");
                tracker = await ReopenAsync(tracker, time).ConfigureAwait(false);
                TrackedItem second = await ClaimAsync(tracker, maxAttempts: 2).ConfigureAwait(false);
                RequireEqual(2, second.Attempts, "Wrong: the number of the second claim.");
                TrackedItem? closed = await tracker.SettleAsync(second, retry).ConfigureAwait(false);
                RequireEqual(
                    (TrackedState.Closed, ItemOutcome.Rejected, "red"),
                    (closed?.State, closed?.Outcome, closed?.Reason),
                    "Wrong: the end after the second of two attempts."
                );
            }
        );

    /// <summary>
    /// An attempt that was lost with its machine does not use up the budget, but has a limit of its own.
    /// </summary>
    [Conformance]
    public Task A_lost_node_does_not_use_up_the_budget() =>
        OnAsync(
            async (tracker, _) =>
            {
                await AddAsync(tracker, Item("a")).ConfigureAwait(false);
                Settlement.Retry lost = new(TimeSpan.Zero, "node-7 is gone") { NodeLost = true };
                TrackedItem? state = await tracker
                    .SettleAsync(await ClaimAsync(tracker, maxAttempts: 1).ConfigureAwait(false), lost)
                    .ConfigureAwait(false);
                RequireEqual(TrackedState.Ready, state?.State, "Wrong: the state after a lost node.");
                state = await tracker
                    .SettleAsync(await ClaimAsync(tracker, maxAttempts: 1).ConfigureAwait(false), lost)
                    .ConfigureAwait(false);
                RequireEqual(TrackedState.Closed, state?.State, "Wrong: the state after the second of two lost nodes.");
            }
        );

    /// <summary>A released item is ready at once, with its budget as it was.</summary>
    [Conformance]
    public Task A_released_item_has_its_budget_back() =>
        OnAsync(
            async (tracker, _) =>
            {
                await AddAsync(tracker, Item("a")).ConfigureAwait(false);
                TrackedItem claim = await ClaimAsync(tracker, maxAttempts: 1).ConfigureAwait(false);
                await tracker.SettleAsync(claim, new Settlement.Release("shutdown")).ConfigureAwait(false);
                TrackedItem next = await ClaimAsync(tracker, maxAttempts: 1).ConfigureAwait(false);
                RequireEqual(
                    (1, "shutdown"),
                    (next.Attempts, next.PreviousFailure),
                    "Wrong: the claim after a release."
                );
            }
        );

    /// <summary>A suspended item is not claimed until it is resumed; then its claim has the token.</summary>
    [Conformance]
    public Task A_suspended_item_waits_for_its_resumption() =>
        OnAsync(
            async (tracker, time) =>
            {
                AttemptId attempt = new("a", 1);
                await AddAsync(tracker, Item("a")).ConfigureAwait(false);
                await tracker
                    .SettleAsync(
                        await ClaimAsync(tracker).ConfigureAwait(false),
                        new Settlement.Suspend("token-7", "waits for a person", attempt)
                    )
                    .ConfigureAwait(false);
                tracker = await ReopenAsync(tracker, time).ConfigureAwait(false);
                TrackedItem state = await FindAsync(tracker, "a").ConfigureAwait(false);
                RequireEqual(
                    (TrackedState.Suspended, "waits for a person"),
                    (state.State, state.Reason),
                    "Wrong: a suspended item."
                );
                await NothingAsync(tracker, "a suspended item").ConfigureAwait(false);
                Require(!await tracker.ResumeAsync("unknown").ConfigureAwait(false), "An unknown item was resumed.");
                Require(await tracker.ResumeAsync("a").ConfigureAwait(false), "A suspended item could not be resumed.");
                Require(!await tracker.ResumeAsync("a").ConfigureAwait(false), "An item was resumed twice.");
                TrackedItem next = await ClaimAsync(tracker).ConfigureAwait(false);
                RequireEqual(
                    ("token-7", attempt),
                    (next.ResumeToken, next.Attempt),
                    "Wrong: the claim after a resumption."
                );
            }
        );

    /// <summary>
    /// While work is in the merge queue the claim does not expire, the item is not claimed, and one more settlement
    /// ends it.
    /// </summary>
    [Conformance]
    public Task A_claim_holds_while_its_work_is_in_the_queue() =>
        OnAsync(
            async (tracker, time) =>
            {
                await AddAsync(tracker, Item("a"), Item("b", "a")).ConfigureAwait(false);
                TrackedItem claim = await ClaimAsync(tracker).ConfigureAwait(false);
                await tracker
                    .SettleAsync(claim, new Settlement.AwaitMerge(new AttemptId("a", 1)))
                    .ConfigureAwait(false);
                tracker = await ReopenAsync(tracker, time).ConfigureAwait(false);
                await NothingAsync(tracker, "an item that awaits its merge").ConfigureAwait(false);
                time.Advance(TimeSpan.FromDays(3));
                TrackedItem state = await FindAsync(tracker, "a").ConfigureAwait(false);
                RequireEqual(
                    (TrackedState.AwaitingMerge, new AttemptId("a", 1), claim.Token),
                    (state.State, state.Attempt, state?.Token),
                    "Wrong: an item that awaits its merge."
                );
                await CloseAsync(tracker, state!, ItemOutcome.Landed).ConfigureAwait(false);
                RequireEqual(
                    "b",
                    (await ClaimAsync(tracker).ConfigureAwait(false)).Item.Id,
                    "Wrong: the item behind what landed."
                );
            }
        );

    /// <summary>
    /// A runner that is blocked waits for what it named. One that names what it cannot wait for fails, and never runs
    /// for ever.
    /// </summary>
    [Conformance]
    public Task A_blocked_item_waits_and_does_not_loop() =>
        OnAsync(
            async (tracker, _) =>
            {
                await AddAsync(tracker, Item("a"), Item("b")).ConfigureAwait(false);
                TrackedItem a = await ClaimAsync(tracker, maxAttempts: 2).ConfigureAwait(false);
                await tracker.SettleAsync(a, new Settlement.Block(["b"])).ConfigureAwait(false);
                TrackedItem b = await ClaimAsync(tracker).ConfigureAwait(false);
                RequireEqual("b", b.Item.Id, "Wrong: the item that can be done.");
                await CloseAsync(tracker, b, ItemOutcome.Landed).ConfigureAwait(false);
                a = await ClaimAsync(tracker, maxAttempts: 2).ConfigureAwait(false);
                TrackedItem? end = await tracker.SettleAsync(a, new Settlement.Block(["b"])).ConfigureAwait(false);
                RequireEqual(
                    (TrackedState.Closed, ItemOutcome.Failed),
                    (end?.State, end?.Outcome),
                    "Wrong: an item that is blocked again by what has landed, with its budget used up."
                );
                await AddAsync(tracker, Item("c"), Item("d", "c"), Item("e")).ConfigureAwait(false);
                foreach (string blocker in new[] { "d", "nowhere" })
                {
                    TrackedItem claim = await ClaimAsync(tracker).ConfigureAwait(false);
                    end = await tracker.SettleAsync(claim, new Settlement.Block([blocker])).ConfigureAwait(false);
                    RequireEqual(
                        ItemOutcome.Failed,
                        end?.Outcome,
                        $"Wrong: the outcome of '{claim.Item.Id}', which says that it is blocked by '{blocker}'."
                    );
                }
            }
        );
}
