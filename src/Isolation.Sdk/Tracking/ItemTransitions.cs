namespace Isolation.Sdk.Tracking;

internal sealed class ItemTransitions(WorkItemIndex items, TimeProvider time)
{
    private readonly Dictionary<string, TrackedItem> _changed = new(StringComparer.Ordinal);
    private readonly List<HistoryEntry> _history = [];

    public (IReadOnlyList<TrackedItem> Items, IReadOnlyList<HistoryEntry> History) TakeChanges()
    {
        (IReadOnlyList<TrackedItem>, IReadOnlyList<HistoryEntry>) changes = ([.. _changed.Values], [.. _history]);
        _changed.Clear();
        _history.Clear();
        return changes;
    }

    public void Append(HistoryEntry entry) => _history.Add(entry);

    public IsolationFault? FindFault(WorkItem? item, bool complete)
    {
        if (complete)
        {
            return new IsolationFault(
                TrackingCodes.InputComplete,
                "The tracker takes no more items: its input is complete.",
                "Add items before Complete(); for a finite set give them all to the constructor."
            );
        }

        return WorkGraph.CheckItem(item).FirstOrDefault()
            ?? (items.FindTwin(item!.Id) is { } twin ? WorkGraph.Duplicate(item.Id, twin) : null)
            ?? (FindCycle(item, item.BlockedBy) is { } cycle ? WorkGraph.Cyclic(cycle) : null);
    }

    public IReadOnlyList<string>? FindCycle(WorkItem item, IReadOnlyList<string> blockers) =>
        // Nobody waits for it and it does not wait for itself: there is no cycle through it.
        items.WaitersFor(item.Id).Count == 0
        && !blockers.Contains(item.Id, StringComparer.Ordinal)
            ? null
            : WorkGraph
                .FindCycles([item], id => id == item.Id ? blockers : items.Find(id)?.WaitingFor ?? [])
                .FirstOrDefault();

    public IsolationFault? Edit(WorkItem item)
    {
        if (WorkGraph.CheckItem(item).FirstOrDefault() is { } wrong)
        {
            return wrong;
        }

        if (items.Find(item.Id) is not { State: not TrackedState.Closed } old)
        {
            return new IsolationFault(
                TrackingCodes.NotOpen,
                $"There is no open item '{item.Id}'.",
                "Add it, or reopen it first."
            );
        }

        TrackedItem edited = old with { Item = item };
        if (item.BlockedBy.ToHashSet(StringComparer.Ordinal).SetEquals(old.Item.BlockedBy))
        {
            Put(edited);
        }
        else if (old.State is TrackedState.Claimed or TrackedState.AwaitingMerge or TrackedState.Suspended)
        {
            return new IsolationFault(
                TrackingCodes.NotOpen,
                $"Somebody works on '{item.Id}', so that it cannot wait for other items now.",
                "Leave BlockedBy as it is, or stop its attempt first."
            );
        }
        else if (FindCycle(item, item.BlockedBy) is { } cycle)
        {
            return WorkGraph.Cyclic(cycle);
        }
        else
        {
            // What an attempt said that it waits for, too.
            Wait(edited, [.. item.BlockedBy, .. old.WaitingFor.Except(old.Item.BlockedBy, StringComparer.Ordinal)]);
        }

        Note(edited, "edited", item.Title);
        return null;
    }

    public bool Reopen(string id)
    {
        if (items.Find(id) is not { State: TrackedState.Closed } first)
        {
            return false;
        }

        TrackedItem[] closed =
        [
            first,
            .. items
                .All.Where(i => i is { Outcome: ItemOutcome.Skipped } && i.RootItem == id && i.Item.Id != id)
                .OrderBy(i => i.Sequence),
        ];
        foreach (TrackedItem item in closed)
        {
            Note(item, "reopened", item.Reason ?? "");
            Wait(
                item with
                {
                    State = TrackedState.Blocked,
                    Outcome = null,
                    Reason = null,
                    RootItem = null,
                    ClosedAt = null,
                    ResumeToken = null,
                    Attempts = 0,
                    NodeLosses = 0,
                },
                item.Item.BlockedBy
            );
        }

        return items.Find(id)!.State != TrackedState.Closed;
    }

    public void Retry(TrackedItem item, Settlement.Retry retry)
    {
        TrackedItem next = item with
        {
            ResumeToken = null,
            PreviousFailure = retry.Reason,
            PreviousConflict = retry.Conflict,
            Attempt = retry.Attempt ?? item.Attempt,
        };
        if (retry.NodeLost)
        {
            Lose(next, retry.Delay, retry.Reason, retry.Outcome);
        }
        else if (IsBudgetUsed(next))
        {
            Close(next, retry.Outcome, retry.Reason);
        }
        else
        {
            Delay(next, retry.Delay);
        }
    }

    public void Lose(TrackedItem item, TimeSpan delay, string reason, ItemOutcome outcome)
    {
        TrackedItem lost = item with { NodeLosses = item.NodeLosses + 1 };
        if (lost.NodeLosses >= lost.MaxNodeLosses)
        {
            Close(lost, outcome, reason);
        }
        else
        {
            Delay(lost, delay);
        }
    }

    public void Block(TrackedItem item, IReadOnlyList<string> blockers)
    {
        string? refusal =
            blockers.FirstOrDefault(b => items.Find(b) is null) is { } missing
                ? $"It says that it is blocked by '{missing}', which is not among the items."
            : FindCycle(item.Item, blockers) is { } cycle
                ? $"It says that it is blocked by items that wait for it: {string.Join(" → ", cycle)}."
            : IsBudgetUsed(item) && blockers.All(b => Unblocks(items.Find(b)?.Outcome))
                ? $"It says that it is blocked by {string.Join(", ", blockers)}, which nothing is left to do for."
            : null;
        if (refusal is not null)
        {
            Close(item, ItemOutcome.Failed, refusal);
        }
        else
        {
            Wait(item, blockers);
        }
    }

    public void Wait(TrackedItem item, IReadOnlyList<string> blockers)
    {
        string[] waiting = [.. blockers.Distinct(StringComparer.Ordinal).Where(b => !Unblocks(items.Find(b)?.Outcome))];
        Put(Unclaimed(item, TrackedState.Blocked) with { WaitingFor = waiting });
        if (waiting.Select(items.Find).FirstOrDefault(b => b?.State == TrackedState.Closed) is { } ended)
        {
            Close(item, ItemOutcome.Skipped, Because(ended), ended.RootItem);
        }
        else if (waiting.Length == 0)
        {
            MakeReady(items.Find(item.Item.Id)!);
        }
    }

    public void Delay(TrackedItem item, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            MakeReady(item);
        }
        else
        {
            Put(Unclaimed(item, TrackedState.Delayed) with { Due = time.GetUtcNow() + delay });
        }
    }

    public void MakeReady(TrackedItem item) => Put(Unclaimed(item, TrackedState.Ready) with { Reason = null });

    // The root is the first of a chain that did not land: reasons name it instead of nesting, or a long chain would
    // fill the memory.
    public void Close(TrackedItem first, ItemOutcome outcome, string? reason, string? root = null)
    {
        Put(first);
        Queue<(string Id, ItemOutcome Outcome, string? Reason, string Root)> closing = new([
            (first.Item.Id, outcome, reason, root ?? first.Item.Id),
        ]);
        while (closing.TryDequeue(out (string Id, ItemOutcome Outcome, string? Reason, string Root) next))
        {
            if (items.Find(next.Id) is not { State: not TrackedState.Closed } item)
            {
                continue;
            }

            TrackedItem closed = Unclaimed(item, TrackedState.Closed) with
            {
                Running = null,
                WaitingFor = [],
                Outcome = next.Outcome,
                Reason = next.Reason,
                RootItem = next.Root,
                ClosedAt = time.GetUtcNow(),
            };
            Put(closed);
            Note(closed, "settled", next.Reason is null ? $"{next.Outcome}." : $"{next.Outcome}: {next.Reason}");
            foreach (TrackedItem waiter in items.WaitersFor(next.Id))
            {
                if (!Unblocks(next.Outcome))
                {
                    closing.Enqueue((waiter.Item.Id, ItemOutcome.Skipped, Because(closed), next.Root));
                    continue;
                }

                TrackedItem left = waiter with { WaitingFor = [.. waiter.WaitingFor.Where(w => w != next.Id)] };
                Put(left.WaitingFor.Count > 0 ? left : Unclaimed(left, TrackedState.Ready));
            }
        }
    }

    private string Because(TrackedItem blocker)
    {
        TrackedItem root = items.Find(blocker.RootItem ?? blocker.Item.Id) ?? blocker;
        string end = $"ended as {root.Outcome}{(root.Reason is null ? "." : $": {root.Reason}")}";
        return blocker.Item.Id == root.Item.Id
            ? $"It is blocked by '{root.Item.Id}', which {end}"
            : $"It is blocked by '{blocker.Item.Id}', which was skipped because '{root.Item.Id}' {end}";
    }

    public void Put(TrackedItem item)
    {
        items.Put(item);
        _changed[item.Item.Id] = item;
    }

    public void Note(TrackedItem item, string kind, string text) =>
        _history.Add(new HistoryEntry(item.Item.Id, null, time.GetUtcNow(), kind, text));

    private static bool Unblocks(ItemOutcome? outcome) => outcome is ItemOutcome.Landed or ItemOutcome.NoChange;

    private static bool IsBudgetUsed(TrackedItem item) => item.Attempts - item.NodeLosses >= item.MaxAttempts;

    public static TrackedItem Unclaimed(TrackedItem item, TrackedState state) =>
        item with
        {
            State = state,
            Token = null,
            Owner = null,
            Due = null,
        };
}
