using System.Text.Json;
using Isolation.Sdk.Tracking;
using static Isolation.Sdk.Testing.ConformanceException;

namespace Isolation.Sdk.Testing;

public abstract partial class WorkTrackerConformance
{
    /// <summary>
    /// The history is append-only: what workers and the tracker said, in order, also after a restart.
    /// </summary>
    [Conformance]
    public Task The_history_is_kept() =>
        OnAsync(
            async (tracker, time) =>
            {
                await AddAsync(tracker, Item("a")).ConfigureAwait(false);
                TrackedItem claim = await ClaimAsync(tracker).ConfigureAwait(false);
                AttemptId attempt = new("a", 1);
                await tracker
                    .AppendAsync(new HistoryEntry("a", attempt, time.GetUtcNow(), "comment", "half way"))
                    .ConfigureAwait(false);
                await tracker.SettleAsync(claim, new Settlement.Retry(TimeSpan.Zero, "red")).ConfigureAwait(false);
                tracker = await ReopenAsync(tracker, time).ConfigureAwait(false);
                IReadOnlyList<HistoryEntry> lines = await tracker.ReadHistoryAsync("a").ConfigureAwait(false);
                RequireEqual(
                    "claimed comment settled",
                    string.Join(' ', lines.Select(l => l.Kind)),
                    "Wrong: the kinds of the lines."
                );
                RequireEqual((attempt, "half way"), (lines[1].Attempt, lines[1].Text), "Wrong: what the worker said.");
                RequireEqual(
                    attempt,
                    (await ClaimAsync(tracker).ConfigureAwait(false)).Attempt,
                    "Wrong: the attempt that spoke."
                );
                try
                {
                    await tracker
                        .AppendAsync(new HistoryEntry("b", null, default, "comment", ""))
                        .ConfigureAwait(false);
                }
                catch (IsolationException)
                {
                    return;
                }

                throw new ConformanceException("A line was added to the history of an unknown item.");
            }
        );

    /// <summary>All that an item says is kept, also after a restart.</summary>
    [Conformance]
    public Task An_item_is_kept_whole() =>
        OnAsync(
            async (tracker, time) =>
            {
                WorkItem item = new("whole", "Title of whole")
                {
                    Instructions = "Line one\n\"two\" \u2713",
                    BlockedBy = ["first"],
                    Priority = -3,
                    Base = "v1.0",
                    Paths = ["src/", "docs/**/*.md"],
                    Data = new Dictionary<string, string> { ["ticket"] = "SHOP-1" },
                    Timeout = TimeSpan.FromMinutes(7),
                };
                await AddAsync(tracker, Item("first"), item).ConfigureAwait(false);
                tracker = await ReopenAsync(tracker, time).ConfigureAwait(false);
                await CloseAsync(tracker, await ClaimAsync(tracker).ConfigureAwait(false), ItemOutcome.Landed)
                    .ConfigureAwait(false);
                RequireEqual(
                    JsonSerializer.Serialize(item),
                    JsonSerializer.Serialize((await ClaimAsync(tracker).ConfigureAwait(false)).Item),
                    "Wrong: an item that was added and claimed."
                );
            }
        );

    /// <summary>
    /// Watchers see where each item stands, and then every item that changed, in the end its last state.
    /// </summary>
    [Conformance]
    public Task A_watcher_sees_the_present_and_every_change() =>
        OnAsync(
            async (tracker, _) =>
            {
                await AddAsync(tracker, Item("a"), Item("b", "a")).ConfigureAwait(false);
                using CancellationTokenSource stop = new(MaxWait);
                IAsyncEnumerator<TrackedItem> watcher = tracker.WatchAsync(stop.Token).GetAsyncEnumerator(stop.Token);
                await using (watcher.ConfigureAwait(false))
                {
                    Dictionary<string, TrackedState> seen = new(StringComparer.Ordinal);
                    await SeeAsync(() => seen.Count == 2).ConfigureAwait(false);
                    TrackedItem claim = await ClaimAsync(tracker).ConfigureAwait(false);
                    await SeeAsync(() => seen["a"] == TrackedState.Claimed).ConfigureAwait(false);
                    await CloseAsync(tracker, claim, ItemOutcome.Landed).ConfigureAwait(false);
                    await SeeAsync(() => seen["a"] == TrackedState.Closed && seen["b"] == TrackedState.Ready)
                        .ConfigureAwait(false);
                    await AddAsync(tracker, Item("c")).ConfigureAwait(false);
                    await SeeAsync(() => seen.ContainsKey("c")).ConfigureAwait(false);

                    async Task SeeAsync(Func<bool> done)
                    {
                        try
                        {
                            while (!done() && await watcher.MoveNextAsync().ConfigureAwait(false))
                            {
                                seen[watcher.Current.Item.Id] = watcher.Current.State;
                            }
                        }
                        catch (OperationCanceledException)
                        {
                            // Said below.
                        }

                        Require(
                            done(),
                            $"A watcher missed a change; it saw "
                                + $"{string.Join(", ", seen.Select(s => $"{s.Key} {s.Value}"))}."
                        );
                    }
                }
            }
        );

    /// <summary>A claim waits for an item if it is told to, and takes nothing when its wait is cancelled.</summary>
    [Conformance]
    public Task A_claim_waits_for_items_if_it_is_told_to() =>
        OnAsync(
            async (tracker, _) =>
            {
                await NothingAsync(tracker, "an empty tracker").ConfigureAwait(false);
                using CancellationTokenSource stop = new();
                Task<TrackedItem?> cancelled = tracker.ClaimAsync(Request(), stop.Token).AsTask();
                await stop.CancelAsync().ConfigureAwait(false);
                await ((Task)cancelled).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Require(cancelled.IsCanceled, "A cancelled claim did not end as cancelled.");
                Task<TrackedItem?> waiting = tracker.ClaimAsync(Request()).AsTask();
                Require(!waiting.IsCompleted, "A claim did not wait for an item.");
                await AddAsync(tracker, Item("a")).ConfigureAwait(false);
                RequireEqual(
                    "a",
                    (await waiting.WaitAsync(MaxWait).ConfigureAwait(false))?.Item.Id,
                    "Wrong: what a waiting claim got."
                );
            }
        );

    /// <summary>
    /// A claim that is not told to wait for items still waits while somebody's claim or a delay may bring one.
    /// </summary>
    [Conformance]
    public Task A_claim_waits_for_what_others_have() =>
        OnAsync(
            async (tracker, time) =>
            {
                await AddAsync(tracker, Item("a"), Item("b", "a")).ConfigureAwait(false);
                TrackedItem a = await ClaimAsync(tracker).ConfigureAwait(false);
                Task<TrackedItem?> waiting = tracker.ClaimAsync(Request() with { WaitForItems = false }).AsTask();
                Require(!waiting.IsCompleted, "A claim did not wait although an item is claimed.");
                await CloseAsync(tracker, a, ItemOutcome.Landed).ConfigureAwait(false);
                RequireEqual(
                    "b",
                    (await waiting.WaitAsync(MaxWait).ConfigureAwait(false))?.Item.Id,
                    "Wrong: what a waiting claim got."
                );
            }
        );

    /// <summary>
    /// What nobody works on can be cancelled, and what waits for it is skipped. What somebody works on cannot.
    /// </summary>
    [Conformance]
    public Task Only_what_nobody_works_on_can_be_cancelled() =>
        OnAsync(
            async (tracker, _) =>
            {
                await AddAsync(tracker, Item("a"), Item("b"), Item("c", "b")).ConfigureAwait(false);
                TrackedItem a = await ClaimAsync(tracker).ConfigureAwait(false);
                Require(!await tracker.CancelAsync("a", "no").ConfigureAwait(false), "A claimed item was cancelled.");
                Require(
                    !await tracker.CancelAsync("unknown", "no").ConfigureAwait(false),
                    "An unknown item was cancelled."
                );
                Require(
                    await tracker.CancelAsync("b", "not needed").ConfigureAwait(false),
                    "A ready item was not cancelled."
                );
                TrackedItem b = await FindAsync(tracker, "b").ConfigureAwait(false),
                    c = await FindAsync(tracker, "c").ConfigureAwait(false);
                RequireEqual((ItemOutcome.Cancelled, "not needed"), (b.Outcome, b.Reason), "Wrong: a cancelled item.");
                RequireEqual(ItemOutcome.Skipped, c.Outcome, "Wrong: the item behind it.");
                await CloseAsync(tracker, a, ItemOutcome.Landed).ConfigureAwait(false);
                Require(!await tracker.CancelAsync("a", "no").ConfigureAwait(false), "A closed item was cancelled.");
            }
        );

    /// <summary>
    /// An open item can be edited, also while somebody works on it; its blockers only while nobody does.
    /// </summary>
    [Conformance]
    public Task An_edit_reaches_the_next_attempt() =>
        OnAsync(
            async (tracker, time) =>
            {
                await AddAsync(tracker, Item("a"), Item("b", "a"), Item("c")).ConfigureAwait(false);
                await EditAsync(Item("b") with { Title = "New", Priority = 9 }, taken: true).ConfigureAwait(false);
                tracker = await ReopenAsync(tracker, time).ConfigureAwait(false);
                TrackedItem claim = await ClaimAsync(tracker).ConfigureAwait(false);
                RequireEqual(("b", "New"), (claim.Item.Id, claim.Item.Title), "Wrong: the first item after an edit.");
                await EditAsync(claim.Item with { Instructions = "Faster" }, taken: true).ConfigureAwait(false);
                await EditAsync(claim.Item with { BlockedBy = ["c"] }, taken: false).ConfigureAwait(false);
                await EditAsync(Item("unknown"), taken: false).ConfigureAwait(false);
                await EditAsync(Item("a") with { Title = "" }, taken: false).ConfigureAwait(false);
                await EditAsync(Item("c", "c"), taken: false).ConfigureAwait(false);
                await tracker.SettleAsync(claim, new Settlement.Retry(TimeSpan.Zero, "red")).ConfigureAwait(false);
                claim = await ClaimAsync(tracker).ConfigureAwait(false);
                RequireEqual("Faster", claim.Item.Instructions, "Wrong: what the attempt after an edit has to do.");
                await CloseAsync(tracker, claim, ItemOutcome.Landed).ConfigureAwait(false);
                await EditAsync(claim.Item, taken: false).ConfigureAwait(false);

                async Task EditAsync(WorkItem item, bool taken) =>
                    RequireEqual(
                        taken,
                        await tracker.EditAsync(item).ConfigureAwait(false) is null,
                        $"Wrong: whether it took an edit of '{item.Id}'."
                    );
            }
        );

    /// <summary>
    /// A closed item can be opened again, with a new budget; what was skipped because of it is open again, too.
    /// </summary>
    [Conformance]
    public Task A_closed_item_can_be_opened_again() =>
        OnAsync(
            async (tracker, time) =>
            {
                await AddAsync(tracker, Item("a"), Item("b", "a"), Item("c", "b")).ConfigureAwait(false);
                TrackedItem a = await ClaimAsync(tracker, maxAttempts: 1).ConfigureAwait(false);
                Require(!await tracker.ReopenAsync("a").ConfigureAwait(false), "An open item was opened again.");
                await tracker.SettleAsync(a, new Settlement.Retry(TimeSpan.Zero, "red")).ConfigureAwait(false);
                Require(
                    !await tracker.ReopenAsync("b").ConfigureAwait(false),
                    "An item was opened before its blocker."
                );
                Require(await tracker.ReopenAsync("a").ConfigureAwait(false), "A closed item was not opened again.");
                tracker = await ReopenAsync(tracker, time).ConfigureAwait(false);
                foreach (string id in new[] { "a", "b", "c" })
                {
                    TrackedItem claim = await ClaimAsync(tracker, maxAttempts: 1).ConfigureAwait(false);
                    RequireEqual((id, 1), (claim.Item.Id, claim.Attempts), "Wrong: what goes out after opening.");
                    await CloseAsync(tracker, claim, ItemOutcome.Landed).ConfigureAwait(false);
                }
            }
        );

    /// <summary>
    /// An item whose declared paths overlap with one under way lets others go first, but only so often.
    /// </summary>
    [Conformance]
    public Task Overlapping_items_go_later_if_the_claimant_says_so() =>
        OnAsync(
            async (tracker, _) =>
            {
                await AddAsync(
                        tracker,
                        Item("first") with
                        {
                            Paths = ["src/"],
                        },
                        Item("overlapping") with
                        {
                            Paths = ["src/a.cs"],
                        },
                        Item("other") with
                        {
                            Paths = ["docs/"],
                        },
                        Item("last")
                    )
                    .ConfigureAwait(false);
                List<string> order = [];
                for (int i = 0; i < 4; i++)
                {
                    TrackedItem? claim = await tracker
                        .ClaimAsync(Request() with { MaxReorderings = 1 })
                        .AsTask()
                        .WaitAsync(MaxWait)
                        .ConfigureAwait(false);
                    order.Add(claim!.Item.Id);
                }

                RequireEqual(
                    "first other overlapping last",
                    string.Join(' ', order),
                    "Wrong: the order with at most one reordering."
                );
            }
        );
}
