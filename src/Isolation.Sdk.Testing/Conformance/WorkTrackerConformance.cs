using Isolation.Sdk.Tracking;
using static Isolation.Sdk.Testing.ConformanceException;

namespace Isolation.Sdk.Testing;

/// <summary>
/// What every <see cref="IWorkTracker"/> has to do. A tracker over <see cref="WorkScheduler"/> that stores what the
/// scheduler says does it.
/// </summary>
public abstract partial class WorkTrackerConformance : ConformanceSuite
{
    private const string Owner = "conformance";
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    /// <summary>Higher priority goes out first, then whoever was added first.</summary>
    [Conformance]
    public Task Items_go_out_by_priority_then_in_order() =>
        OnAsync(
            async (tracker, _) =>
            {
                await AddAsync(
                        tracker,
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
                    )
                    .ConfigureAwait(false);
                RequireEqual(
                    "b d a c",
                    string.Join(' ', await ClaimAllAsync(tracker).ConfigureAwait(false)),
                    "Wrong: the order of claims."
                );
            }
        );

    /// <summary>An item goes out when all its blockers have landed or had nothing to change.</summary>
    [Conformance]
    public Task An_item_waits_for_its_blockers() =>
        OnAsync(
            async (tracker, _) =>
            {
                await AddAsync(tracker, Item("c", "a", "b"), Item("a"), Item("b")).ConfigureAwait(false);
                TrackedItem a = await ClaimAsync(tracker).ConfigureAwait(false),
                    b = await ClaimAsync(tracker).ConfigureAwait(false);
                await CloseAsync(tracker, a, ItemOutcome.Landed).ConfigureAwait(false);
                TrackedItem c = await FindAsync(tracker, "c").ConfigureAwait(false);
                RequireEqual(TrackedState.Blocked, c.State, "Wrong: the state of an item with an open blocker.");
                RequireEqual("b", string.Join(' ', c.WaitingFor), "Wrong: what it waits for.");
                await CloseAsync(tracker, b, ItemOutcome.NoChange).ConfigureAwait(false);
                RequireEqual(
                    "c",
                    (await ClaimAsync(tracker).ConfigureAwait(false)).Item.Id,
                    "Wrong: the item that became ready."
                );
            }
        );

    /// <summary>
    /// What is blocked by an item that did not land is skipped, with the reason, through the whole chain.
    /// </summary>
    [Conformance]
    public Task What_is_behind_a_failure_is_skipped_with_the_reason() =>
        OnAsync(
            async (tracker, _) =>
            {
                await AddAsync(tracker, Item("a"), Item("b", "a"), Item("c", "b"), Item("free")).ConfigureAwait(false);
                TrackedItem a = await ClaimAsync(tracker).ConfigureAwait(false);
                TrackedItem? closed = await tracker
                    .SettleAsync(a, new Settlement.Close(ItemOutcome.Rejected, "tests are red"))
                    .ConfigureAwait(false);
                RequireEqual(ItemOutcome.Rejected, closed?.Outcome, "Wrong: the outcome that a settlement returns.");
                TrackedItem c = await FindAsync(tracker, "c").ConfigureAwait(false);
                RequireEqual(
                    (TrackedState.Closed, ItemOutcome.Skipped),
                    (c.State, c.Outcome),
                    "Wrong: the end of the chain."
                );
                Require(
                    c.Reason?.Contains("'a'", StringComparison.Ordinal) == true
                        && c.Reason.Contains("tests are red", StringComparison.Ordinal),
                    $"The reason names neither 'a' nor why it failed: {c.Reason}"
                );
                RequireEqual(
                    "free",
                    (await ClaimAsync(tracker).ConfigureAwait(false)).Item.Id,
                    "Wrong: the item that is free."
                );
            }
        );

    /// <summary>However many claim at once, an item has one owner.</summary>
    [Conformance]
    public Task An_item_is_claimed_once() =>
        OnAsync(
            async (tracker, _) =>
            {
                WorkItem[] items = [.. Enumerable.Range(0, 40).Select(i => Item($"i{i}"))];
                await AddAsync(tracker, items).ConfigureAwait(false);
                TrackedItem[] claims = await Task.WhenAll(
                        Enumerable.Range(0, items.Length).Select(_ => Task.Run(() => ClaimAsync(tracker)))
                    )
                    .ConfigureAwait(false);
                RequireEqual(
                    items.Length,
                    claims.Select(c => c.Item.Id).Distinct().Count(),
                    "Wrong: how many items were claimed by 40 at once."
                );
            }
        );

    /// <summary>
    /// A claim that is not renewed in time is lost: its owner can neither renew nor settle it, also before another one
    /// has the item.
    /// </summary>
    [Conformance]
    public Task A_claim_that_is_not_renewed_is_lost() =>
        OnAsync(
            async (tracker, time) =>
            {
                await AddAsync(tracker, Item("a")).ConfigureAwait(false);
                TrackedItem lost = await ClaimAsync(tracker).ConfigureAwait(false);
                time.Advance(Lease);
                Require(
                    !await tracker.RenewAsync(lost).ConfigureAwait(false),
                    "A claim was renewed after it had expired."
                );
                Require(
                    !await tracker.BeginAsync(lost, new AttemptId("a", 9)).ConfigureAwait(false),
                    "An attempt began under a claim that had expired."
                );
                await RefusedAsync(tracker, lost, "an expired claim").ConfigureAwait(false);
                TrackedItem next = await ClaimAsync(tracker).ConfigureAwait(false);
                await RefusedAsync(tracker, lost, "a claim of which there is a newer one").ConfigureAwait(false);
                Require(
                    !string.IsNullOrEmpty(next.PreviousFailure),
                    "The next claim does not say that the one before was lost."
                );
                await CloseAsync(tracker, next, ItemOutcome.Landed).ConfigureAwait(false);
                await RefusedAsync(tracker, next, "a claim that is settled").ConfigureAwait(false);
            }
        );

    /// <summary>A claim that is renewed in time holds.</summary>
    [Conformance]
    public Task A_renewed_claim_holds() =>
        OnAsync(
            async (tracker, time) =>
            {
                await AddAsync(tracker, Item("a")).ConfigureAwait(false);
                TrackedItem claim = await ClaimAsync(tracker).ConfigureAwait(false);
                for (int i = 0; i < 3; i++)
                {
                    time.Advance(Lease - TimeSpan.FromSeconds(1));
                    Require(
                        await tracker.RenewAsync(claim).ConfigureAwait(false),
                        "A claim was lost before it expired."
                    );
                }

                await CloseAsync(tracker, claim, ItemOutcome.Landed).ConfigureAwait(false);
            }
        );

    /// <summary>
    /// The attempt that was begun under a lost claim is named by the next claim: it may still run somewhere.
    /// </summary>
    [Conformance]
    public Task The_attempt_of_a_lost_claim_is_named() =>
        OnAsync(
            async (tracker, time) =>
            {
                AttemptId attempt = new("a", 3);
                await AddAsync(tracker, Item("a")).ConfigureAwait(false);
                TrackedItem lost = await ClaimAsync(tracker).ConfigureAwait(false);
                Require(
                    await tracker.BeginAsync(lost, attempt).ConfigureAwait(false),
                    "A valid claim could not begin."
                );
                tracker = await ReopenAsync(tracker, time).ConfigureAwait(false);
                time.Advance(Lease);
                TrackedItem next = await ClaimAsync(tracker).ConfigureAwait(false);
                RequireEqual(
                    (attempt, attempt, 2),
                    (next.Running, next.Attempt, next.Attempts),
                    "Wrong: the attempt that may still run."
                );
            }
        );

    /// <summary>An item that cannot be taken is refused with a fault; the others are taken.</summary>
    [Conformance]
    public Task Refusals_are_values() =>
        OnAsync(
            async (tracker, _) =>
            {
                IReadOnlyList<WorkItemResult> refused = await tracker
                    .AddAsync([
                        Item("a", "b"),
                        Item("b", "a"),
                        Item("A"),
                        Item("a"),
                        null!,
                        Item("x\ny"),
                        Item("untitled") with
                        {
                            Title = " ",
                        },
                        Item("nulls") with
                        {
                            BlockedBy = null!,
                        },
                        Item("good"),
                    ])
                    .ConfigureAwait(false);
                RequireEqual(
                    "ISO0703 ISO0702 ISO0702 ISO0701 ISO0701 ISO0705 ISO0709",
                    string.Join(' ', refused.Select(r => r.Fault?.Code)),
                    "Wrong: the codes of the refusals."
                );
                RequireEqual(
                    "a good",
                    string.Join(' ', (await tracker.ListAsync().ConfigureAwait(false)).Select(i => i.Item.Id)),
                    "Wrong: the items that were taken."
                );
            }
        );

    /// <summary>
    /// Creates the tracker that is checked: empty, open for items, used by nobody else. It is disposed if it can be.
    /// </summary>
    /// <param name="time">The clock it must use for claims and delays.</param>
    protected abstract ValueTask<IWorkTracker> CreateAsync(TimeProvider time);

    /// <summary>
    /// Opens the same tracker again, as after a restart of its host. <value>The same object: it does not survive its
    /// host.</value>
    /// </summary>
    /// <param name="tracker">The tracker; whoever reopens it disposes it if necessary.</param>
    /// <param name="time">The clock it must use.</param>
    protected virtual ValueTask<IWorkTracker> ReopenAsync(IWorkTracker tracker, TimeProvider time) => new(tracker);

    private static WorkItem Item(string id, params string[] blockedBy) => new(id, $"Do {id}") { BlockedBy = blockedBy };

    private static ClaimRequest Request(int? maxAttempts = null) =>
        new(Owner, Lease) { MaxAttempts = maxAttempts, MaxNodeLosses = 2 };

    private static async Task AddAsync(IWorkTracker tracker, params WorkItem[] items)
    {
        IReadOnlyList<WorkItemResult> refused = await tracker.AddAsync(items).ConfigureAwait(false);
        Require(refused.Count == 0, $"A good item was refused: {string.Join("; ", refused.Select(r => r.Fault))}");
    }

    private static async Task<TrackedItem> ClaimAsync(IWorkTracker tracker, int? maxAttempts = null)
    {
        try
        {
            return await tracker.ClaimAsync(Request(maxAttempts)).AsTask().WaitAsync(MaxWait).ConfigureAwait(false)
                ?? throw new ConformanceException("A claim that waits for items got none.");
        }
        catch (TimeoutException)
        {
            throw new ConformanceException("Nothing could be claimed, although an item is ready.");
        }
    }

    private static async Task<IReadOnlyList<string>> ClaimAllAsync(IWorkTracker tracker)
    {
        List<string> ids = [];
        for (int count = (await tracker.ListAsync().ConfigureAwait(false)).Count; count > 0; count--)
        {
            ids.Add((await ClaimAsync(tracker).ConfigureAwait(false)).Item.Id);
        }

        return ids;
    }

    private static async Task CloseAsync(IWorkTracker tracker, TrackedItem claim, ItemOutcome outcome) =>
        RequireEqual(
            outcome,
            (await tracker.SettleAsync(claim, new Settlement.Close(outcome)).ConfigureAwait(false))?.Outcome,
            "Wrong: the outcome that a settlement returns."
        );

    private static async Task RefusedAsync(IWorkTracker tracker, TrackedItem claim, string what)
    {
        TrackedItem before = await FindAsync(tracker, claim.Item.Id).ConfigureAwait(false);
        TrackedItem? settled = await tracker
            .SettleAsync(claim, new Settlement.Close(ItemOutcome.Failed, "late"))
            .ConfigureAwait(false);
        TrackedItem after = await FindAsync(tracker, claim.Item.Id).ConfigureAwait(false);
        Require(settled is null, $"A settlement was accepted for {what}.");
        RequireEqual(
            (before.State, before.Outcome),
            (after.State, after.Outcome),
            $"Wrong: the state after a refused settlement for {what}."
        );
    }

    private static async Task NothingAsync(IWorkTracker tracker, string what)
    {
        Task<TrackedItem?> claim = tracker.ClaimAsync(Request() with { WaitForItems = false }).AsTask();
        await Task.WhenAny(claim, Task.Delay(MaxWait, TimeProvider.System)).ConfigureAwait(false);
        Require(claim.IsCompleted, $"A claim waits for ever for {what}.");
        Require(await claim.ConfigureAwait(false) is null, $"A claim was given for {what}.");
    }

    private static async Task<TrackedItem> FindAsync(IWorkTracker tracker, string id) =>
        (await tracker.ListAsync().ConfigureAwait(false)).FirstOrDefault(i => i.Item.Id == id)
        ?? throw new ConformanceException($"Item '{id}' is not listed.");

    private async Task OnAsync(Func<IWorkTracker, ManualTimeProvider, Task> check)
    {
        ManualTimeProvider time = new();
        IWorkTracker tracker = await CreateAsync(time).ConfigureAwait(false);
        try
        {
            await check(tracker, time).ConfigureAwait(false);
        }
        finally
        {
            if (tracker is IAsyncDisposable disposable)
            {
                await disposable.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
