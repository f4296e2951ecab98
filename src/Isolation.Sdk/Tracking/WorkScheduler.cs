using System.Globalization;

namespace Isolation.Sdk.Tracking;

/// <summary>
/// The rules of every tracker, without storage, locks or waiting: dependencies, order, claims, budgets and settlements.
/// </summary>
/// <remarks>Not thread-safe: hold one lock or transaction around each call. A durable tracker begins a transaction,
/// loads the rows that others have changed
/// (<see cref="Load"/>), makes one call, stores <see cref="TakeChanges"/> and commits.</remarks>
public sealed class WorkScheduler
{
    private readonly TimeProvider _time;
    private readonly WorkItemIndex _items;
    private readonly ItemTransitions _transitions;
    private readonly ClaimOrder _order;
    private bool _complete;

    /// <summary>Creates a scheduler without items.</summary>
    /// <param name="time">The clock. <value>The system's.</value></param>
    public WorkScheduler(TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _items = new WorkItemIndex();
        _transitions = new ItemTransitions(_items, _time);
        _order = new ClaimOrder(_items, _transitions);
    }

    /// <summary>Whether no claimant can make an item ready any more: nothing is ready, delayed or claimed.</summary>
    public bool IsExhausted => _items.Ready.Count == 0 && _items.Timed.Count == 0;

    /// <summary>Whether more items may be added.</summary>
    public bool IsComplete => _complete;

    /// <summary>Whether it is complete and every item is closed.</summary>
    public bool IsFinished => _complete && _items.OpenCount == 0;

    /// <summary>
    /// When the next claim expires or the next delay is over; <see langword="null"/> if there is none.
    /// </summary>
    public DateTimeOffset? NextDue => _items.Timed.Min?.Due;

    /// <summary>Checks a finite set of items: IDs, properties, cycles, and blockers that are not among them.</summary>
    /// <returns>Everything that is wrong, in the order of the items.</returns>
    public static IReadOnlyList<IsolationFault> Check(IReadOnlyCollection<WorkItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return WorkGraph.Check(items);
    }

    /// <summary>
    /// Takes rows from the storage: all of them at first, later those that other processes have changed.
    /// </summary>
    public void Load(IEnumerable<TrackedItem> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        foreach (TrackedItem row in rows)
        {
            _items.Put(row);
        }
    }

    /// <summary>
    /// What has to be stored since the last call: rows that were added or changed, and new lines of the history.
    /// </summary>
    public (IReadOnlyList<TrackedItem> Items, IReadOnlyList<HistoryEntry> History) TakeChanges() =>
        _transitions.TakeChanges();

    /// <summary>Finds an item.</summary>
    public TrackedItem? Find(string item) => _items.Find(item);

    /// <summary>Where every item stands, in the order in which they were added.</summary>
    public IReadOnlyList<TrackedItem> List() => [.. _items.All.OrderBy(i => i.Sequence)];

    /// <summary>Adds items, except those that are invalid, known already, or close a cycle.</summary>
    /// <returns>The results of the items that were not taken, each with its fault.</returns>
    public IReadOnlyList<WorkItemResult> Add(IEnumerable<WorkItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        List<WorkItemResult> refused = [];
        foreach (WorkItem item in items)
        {
            if (_transitions.FindFault(item, _complete) is { } fault)
            {
                refused.Add(
                    new WorkItemResult(item ?? new WorkItem("", ""), ItemOutcome.Refused, fault.ToString(), [], null)
                    {
                        Fault = fault,
                    }
                );
            }
            else
            {
                _transitions.Wait(new TrackedItem(item, _items.NextSequence, TrackedState.Blocked), item.BlockedBy);
            }
        }

        return refused;
    }

    /// <summary>Takes no more items. What waits for an item that was never added is skipped.</summary>
    public void Complete()
    {
        _complete = true;
        foreach (TrackedItem item in List().Where(i => i.State == TrackedState.Blocked))
        {
            if (item.WaitingFor.FirstOrDefault(b => Find(b) is null) is { } missing)
            {
                _transitions.Close(item, ItemOutcome.Skipped, NeverAdded(missing));
            }
        }
    }

    /// <summary>
    /// Lets time do its part: delays that are over, claims that were not renewed. Every other call does it first.
    /// </summary>
    public void Tick()
    {
        DateTimeOffset now = _time.GetUtcNow();
        while (_items.Timed.Min is { } item && item.Due <= now)
        {
            if (item.State == TrackedState.Delayed)
            {
                _transitions.MakeReady(item);
                continue;
            }

            string reason = $"The claim of '{item.Owner}' was not renewed in time.";
            _transitions.Note(item, "settled", reason);
            _transitions.Lose(item with { PreviousFailure = reason }, TimeSpan.Zero, reason, ItemOutcome.Failed);
        }
    }

    /// <summary>Claims the next item.</summary>
    /// <returns><see langword="null"/> if no item is ready.</returns>
    public TrackedItem? Claim(ClaimRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        Tick();
        if (_order.Next(request.MaxReorderings) is not { } item)
        {
            return null;
        }

        TrackedItem claimed = item with
        {
            State = TrackedState.Claimed,
            Owner = request.Owner,
            Lease = request.Lease,
            Due = _time.GetUtcNow() + request.Lease,
            Claims = item.Claims + 1,
            Token = (item.Claims + 1).ToString(CultureInfo.InvariantCulture),
            Attempts = item.Attempts + 1,
            MaxAttempts = request.MaxAttempts,
            MaxNodeLosses = request.MaxNodeLosses,
        };
        _transitions.Put(claimed);
        _transitions.Note(claimed, "claimed", request.Owner);
        return claimed;
    }

    /// <summary>Records which attempt carries a claim out.</summary>
    /// <returns><see langword="false"/> if the claim was lost.</returns>
    public bool Begin(TrackedItem claim, AttemptId attempt)
    {
        if (Held(claim) is not { State: TrackedState.Claimed } item)
        {
            return false;
        }

        _transitions.Put(item with { Attempt = attempt, Running = attempt });
        _transitions.Note(item, "began", attempt.ToString());
        return true;
    }

    /// <summary>Renews a claim for another lease.</summary>
    /// <returns><see langword="false"/> if the claim was lost.</returns>
    public bool Renew(TrackedItem claim)
    {
        if (Held(claim) is not { State: TrackedState.Claimed } item)
        {
            return false;
        }

        _transitions.Put(item with { Due = _time.GetUtcNow() + item.Lease });
        return true;
    }

    /// <summary>Settles a claim.</summary>
    /// <returns>The item after it; <see langword="null"/> if the claim was lost.</returns>
    /// <exception cref="ArgumentException">The settlement closes an item with an outcome that is no end.</exception>
    public TrackedItem? Settle(TrackedItem claim, Settlement settlement)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        if (settlement is Settlement.Close { Outcome: ItemOutcome.AwaitingMerge or ItemOutcome.Suspended } open)
        {
            throw new ArgumentException(
                $"{open.Outcome} does not end an item; use the settlement of that name.",
                nameof(settlement)
            );
        }

        if (Held(claim) is not { } held)
        {
            return null;
        }

        TrackedItem item = held with { Running = null, Reason = null };
        switch (settlement)
        {
            case Settlement.AwaitMerge merge:
                _transitions.Put(item with { State = TrackedState.AwaitingMerge, Attempt = merge.Attempt, Due = null });
                _transitions.Note(item, "settled", $"{merge.Attempt} awaits its merge.");
                break;
            case Settlement.Suspend suspend:
                _transitions.Put(
                    ItemTransitions.Unclaimed(item, TrackedState.Suspended) with
                    {
                        ResumeToken = suspend.ResumeToken,
                        PreviousFailure = null,
                        PreviousConflict = null,
                        Attempt = suspend.Attempt ?? item.Attempt,
                        Reason = suspend.Reason,
                    }
                );
                _transitions.Note(item, "settled", $"Suspended: {suspend.Reason}");
                break;
            case Settlement.Retry retry:
                _transitions.Note(item, "settled", $"Retry: {retry.Reason}");
                _transitions.Retry(item, retry);
                break;
            case Settlement.Release release:
                _transitions.Note(item, "settled", $"Released: {release.Reason}");
                _transitions.MakeReady(
                    item with
                    {
                        Attempts = item.Attempts - 1,
                        PreviousFailure = release.Reason,
                        Attempt = release.Attempt ?? item.Attempt,
                    }
                );
                break;
            case Settlement.Block block:
                _transitions.Note(item, "settled", $"Blocked by {string.Join(", ", block.Items)}.");
                _transitions.Block(item with { ResumeToken = null }, block.Items);
                break;
            case Settlement.Close close:
                _transitions.Close(item, close.Outcome, close.Reason);
                break;
        }

        return Find(item.Item.Id);
    }

    /// <summary>Makes a suspended item ready.</summary>
    /// <returns><see langword="false"/> if it was not suspended.</returns>
    public bool Resume(string item)
    {
        if (Find(item) is not { State: TrackedState.Suspended } suspended)
        {
            return false;
        }

        _transitions.MakeReady(suspended);
        return true;
    }

    /// <summary>Closes an item that nobody works on.</summary>
    /// <returns><see langword="false"/> if it is claimed, awaits its merge, is closed or unknown.</returns>
    public bool Cancel(string item, string reason)
    {
        Tick();
        if (Find(item) is not { State: < TrackedState.Claimed or TrackedState.Suspended } found)
        {
            return false;
        }

        _transitions.Close(found, ItemOutcome.Cancelled, reason);
        return true;
    }

    /// <summary>Gives an open item other properties. Its next attempt has them.</summary>
    /// <returns>Why it was not done: it is unknown, closed, invalid, or its blockers cannot change now.</returns>
    public IsolationFault? Edit(WorkItem item)
    {
        Tick();
        return _transitions.Edit(item);
    }

    /// <summary>Opens a closed item again, with a new budget, and the items that were skipped because of it.</summary>
    /// <returns><see langword="false"/> if it is unknown, open, or still skipped because of another.</returns>
    public bool Reopen(string item)
    {
        Tick();
        return _transitions.Reopen(item);
    }

    /// <summary>Adds a line to an item's history.</summary>
    /// <exception cref="IsolationException">ISO0707: there is no such item.</exception>
    public void Append(HistoryEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        TrackedItem item = Find(entry.Item)
            ?? throw new IsolationException(
                TrackingCodes.UnknownItem,
                $"There is no item '{entry.Item}' in the tracker.",
                "Add it first."
            );
        _transitions.Append(entry);
        if (entry.Attempt is { } attempt && attempt.Number > (item.Attempt?.Number ?? 0))
        {
            _transitions.Put(item with { Attempt = attempt });
        }
    }

    internal static string NeverAdded(string blocker) => $"It is blocked by '{blocker}', which never came.";

    private TrackedItem? Held(TrackedItem claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        Tick();
        return Find(claim.Item.Id) is { Token: { } token } item && token == claim.Token ? item : null;
    }
}
