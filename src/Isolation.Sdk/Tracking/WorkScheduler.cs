using System.Globalization;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Tracking;

/// <summary>The in-memory tracker's rules, without waiting and without locks: its owner holds one lock around every call.</summary>
internal sealed class WorkScheduler(TimeProvider time)
{
    private readonly Dictionary<string, TrackerEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _twins = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<TrackerEntry>> _dependents = new(StringComparer.Ordinal);
    private readonly List<TrackerEntry> _order = [];
    private readonly SortedSet<TrackerEntry> _ready = [];
    private readonly HashSet<TrackerEntry> _timed = [];
    private bool _complete;

    public List<ItemClosed> Closings { get; } = [];

    public ClaimOrder Order { get; set; } = new(mostPassedOver: 0);

    public bool AllClosed => _complete && Closings.Count == _order.Count;

    /// <summary>Nothing that a claimant does can make an item ready any more.</summary>
    public bool Exhausted => _complete && _ready.Count == 0 && _timed.Count == 0;

    public DateTimeOffset? NextDue => _timed.Count == 0 ? null : _timed.Min(e => e.Due);

    public TrackerEntry? Find(string id) => _entries.GetValueOrDefault(id);

    public IReadOnlyList<TrackedItem> Snapshot() =>
        [
            .. _order.Select(e => new TrackedItem(
                e.Item,
                e.State,
                [.. e.Waiting.Order(StringComparer.Ordinal)],
                e.Attempt,
                e.Closed?.Outcome,
                e.Closed?.Reason ?? e.Failure
            )),
        ];

    public void AddChecked(WorkItem item)
    {
        if (_complete)
        {
            throw new IsolationException(
                TrackingCodes.InputComplete,
                "The tracker takes no more items: its input is complete.",
                "Add items before Complete(); for a finite set give them all to the constructor."
            );
        }

        if (WorkGraph.CheckItem(item).FirstOrDefault() is { } fault)
        {
            throw new IsolationException(fault);
        }

        string? twin = _entries.ContainsKey(item.Id)
            ? item.Id
            : _twins.GetValueOrDefault(WorkGraph.TwinKey(item.Id)) ?? _twins.GetValueOrDefault(SlugKey(item.Id));
        if (twin is not null)
        {
            throw new IsolationException(WorkGraph.Duplicate(item.Id, twin));
        }

        if (FindCycle(item, item.BlockedBy) is { } cycle)
        {
            throw new IsolationException(WorkGraph.Cyclic(cycle));
        }

        Add(item);
    }

    public void Add(WorkItem item)
    {
        TrackerEntry entry = new(item, _order.Count);
        _entries.Add(item.Id, entry);
        _twins[WorkGraph.TwinKey(item.Id)] = item.Id;
        _twins[SlugKey(item.Id)] = item.Id;
        _order.Add(entry);
        Wait(entry, item.BlockedBy);
    }

    public void Complete()
    {
        if (_complete)
        {
            return;
        }

        _complete = true;
        foreach (TrackerEntry entry in _order.Where(e => e.State == TrackedState.Blocked).ToArray())
        {
            if (entry.Waiting.FirstOrDefault(b => !_entries.ContainsKey(b)) is { } missing)
            {
                Close(entry, ItemOutcome.Skipped, $"It is blocked by '{missing}', which never came.");
            }
        }
    }

    public bool Resume(string id)
    {
        if (Find(id) is not { State: TrackedState.Suspended } entry)
        {
            return false;
        }

        entry.Kind = ClaimKind.Resumed;
        MakeReady(entry);
        return true;
    }

    /// <summary>Lets time do its part: delays that are over, claims that were not renewed.</summary>
    public void Tick()
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach (TrackerEntry entry in _timed.Where(e => e.Due <= now).ToArray())
        {
            if (entry.State == TrackedState.Claimed)
            {
                entry.Failure = $"The claim of '{entry.Owner}' was not renewed in time.";
                Say(entry, "settled", entry.Failure);
            }

            MakeReady(entry);
        }
    }

    public WorkClaim? TryClaim(string owner, TimeSpan lease)
    {
        if (Order.Next(_ready, _order) is not { } entry)
        {
            return null;
        }

        _ready.Remove(entry);
        entry.State = TrackedState.Claimed;
        entry.Lease = lease;
        entry.Due = time.GetUtcNow() + lease;
        entry.Owner = owner;
        entry.Token = (++entry.Claims).ToString(CultureInfo.InvariantCulture);
        _timed.Add(entry);
        Say(entry, "claimed", owner);
        return new WorkClaim(entry.Item, entry.Token, owner, entry.Due)
        {
            Kind = entry.Kind,
            Previous = entry.Attempt,
            PreviousFailure = entry.Failure,
            ResumeToken = entry.ResumeToken,
        };
    }

    public bool Renew(WorkClaim claim)
    {
        if (Held(claim) is not { State: TrackedState.Claimed } entry)
        {
            return false;
        }

        entry.Due = time.GetUtcNow() + entry.Lease;
        return true;
    }

    public bool Settle(WorkClaim claim, Settlement settlement)
    {
        if (Held(claim) is not { } entry)
        {
            return false;
        }

        _timed.Remove(entry);
        switch (settlement)
        {
            case Settlement.AwaitMerge merge:
                entry.State = TrackedState.AwaitingMerge;
                entry.Kind = ClaimKind.AwaitingMerge;
                entry.Attempt = merge.Attempt;
                Say(entry, "settled", $"{merge.Attempt} awaits its merge.");
                break;
            case Settlement.Suspend suspend:
                entry.State = TrackedState.Suspended;
                (entry.Token, entry.ResumeToken, entry.Failure, entry.Attempt) = (
                    null,
                    suspend.ResumeToken,
                    null,
                    suspend.Attempt ?? entry.Attempt
                );
                Say(entry, "settled", $"Suspended: {suspend.Reason}");
                break;
            case Settlement.Retry retry:
                (entry.Kind, entry.ResumeToken, entry.Failure, entry.Attempt) = (
                    ClaimKind.New,
                    null,
                    retry.Reason,
                    retry.Attempt ?? entry.Attempt
                );
                Say(entry, "settled", $"Retry: {retry.Reason}");
                Delay(entry, retry.Delay);
                break;
            case Settlement.Block block:
                (entry.Kind, entry.ResumeToken, entry.Token) = (ClaimKind.New, null, null);
                Block(entry, block.Items);
                break;
            case Settlement.Close close:
                Close(entry, close.Outcome, close.Reason);
                break;
        }

        return true;
    }

    private static string SlugKey(string id) => "\0" + Slug.Of(id); // An id has no control character, so no twin key starts so.

    private TrackerEntry? Held(WorkClaim claim) =>
        Find(claim.Item.Id) is { State: TrackedState.Claimed or TrackedState.AwaitingMerge, Token: { } token } entry
        && token == claim.Token
            ? entry
            : null;

    private IReadOnlyList<string>? FindCycle(WorkItem item, IReadOnlyList<string> blockers) =>
        WorkGraph
            .FindCycles([item], id => id == item.Id ? blockers
                : Find(id) is { } e ? [.. e.Waiting]
                : [])
            .FirstOrDefault();

    private void Block(TrackerEntry entry, IReadOnlyList<string> blockers)
    {
        Say(entry, "settled", $"Blocked by {string.Join(", ", blockers)}.");
        if (blockers.FirstOrDefault(b => !_entries.ContainsKey(b)) is { } missing)
        {
            Close(
                entry,
                ItemOutcome.Failed,
                $"It says that it is blocked by '{missing}', which is not among the items."
            );
        }
        else if (FindCycle(entry.Item, blockers) is { } cycle)
        {
            Close(
                entry,
                ItemOutcome.Failed,
                $"It says that it is blocked by items that wait for it: {string.Join(" → ", cycle)}."
            );
        }
        else
        {
            Wait(entry, blockers);
        }
    }

    private void Wait(TrackerEntry entry, IReadOnlyList<string> blockers)
    {
        entry.State = TrackedState.Blocked;
        foreach (string blocker in blockers.Distinct(StringComparer.Ordinal))
        {
            TrackerEntry? before = Find(blocker);
            if (before?.Closed is not { } closed)
            {
                entry.Waiting.Add(blocker);
                (
                    _dependents.TryGetValue(blocker, out List<TrackerEntry>? waiting)
                        ? waiting
                        : _dependents[blocker] = []
                ).Add(entry);
            }
            else if (!Unblocks(closed.Outcome))
            {
                Close(entry, ItemOutcome.Skipped, Because(closed, before.Root!), before.Root);
                return;
            }
        }

        if (entry.Waiting.Count == 0)
        {
            MakeReady(entry);
        }
    }

    private void Delay(TrackerEntry entry, TimeSpan delay)
    {
        entry.Token = null;
        if (delay <= TimeSpan.Zero)
        {
            MakeReady(entry);
            return;
        }

        entry.State = TrackedState.Delayed;
        entry.Due = time.GetUtcNow() + delay;
        _timed.Add(entry);
    }

    private void MakeReady(TrackerEntry entry)
    {
        _timed.Remove(entry);
        entry.Token = null;
        entry.State = TrackedState.Ready;
        _ready.Add(entry);
    }

    // The root is the first of a chain that did not land: reasons name it instead of nesting, or a long chain would fill the memory.
    private void Close(TrackerEntry first, ItemOutcome outcome, string? reason, ItemClosed? root = null)
    {
        Queue<(TrackerEntry Entry, ItemOutcome Outcome, string? Reason, ItemClosed? Root)> closing = new([
            (first, outcome, reason, root),
        ]);
        while (closing.TryDequeue(out (TrackerEntry Entry, ItemOutcome Outcome, string? Reason, ItemClosed? Root) next))
        {
            if (next.Entry.State == TrackedState.Closed)
            {
                continue;
            }

            ItemClosed closed = new(next.Entry.Item, next.Outcome, next.Reason, time.GetUtcNow());
            (next.Entry.State, next.Entry.Token, next.Entry.Closed, next.Entry.Root) = (
                TrackedState.Closed,
                null,
                closed,
                next.Root ?? closed
            );
            Closings.Add(closed);
            Say(next.Entry, "settled", next.Reason is null ? $"{next.Outcome}." : $"{next.Outcome}: {next.Reason}");
            foreach (
                TrackerEntry dependent in _dependents.Remove(closed.Item.Id, out List<TrackerEntry>? waiting)
                    ? waiting
                    : []
            )
            {
                dependent.Waiting.Remove(closed.Item.Id);
                if (!Unblocks(next.Outcome))
                {
                    closing.Enqueue(
                        (dependent, ItemOutcome.Skipped, Because(closed, next.Entry.Root), next.Entry.Root)
                    );
                }
                else if (dependent is { Waiting.Count: 0, State: TrackedState.Blocked })
                {
                    MakeReady(dependent);
                }
            }
        }
    }

    private static bool Unblocks(ItemOutcome outcome) => outcome is ItemOutcome.Landed or ItemOutcome.NoChange;

    private static string Because(ItemClosed blocker, ItemClosed root)
    {
        string end = $"ended as {root.Outcome}{(root.Reason is null ? "." : $": {root.Reason}")}";
        return blocker == root
            ? $"It is blocked by '{root.Item.Id}', which {end}"
            : $"It is blocked by '{blocker.Item.Id}', which was skipped because '{root.Item.Id}' {end}";
    }

    private void Say(TrackerEntry entry, string kind, string text) =>
        entry.History.Add(new HistoryEntry(entry.Item.Id, null, time.GetUtcNow(), kind, text));
}
