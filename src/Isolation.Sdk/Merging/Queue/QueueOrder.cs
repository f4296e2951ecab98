namespace Isolation.Sdk.Merging;

/// <summary>In which order items land: by priority, then in the order of their submission.</summary>
internal static class QueueOrder
{
    /// <summary>How many places one level of priority is worth: nobody is overtaken by more than this many later ones of the next level, so nobody starves.</summary>
    public const int Places = 100;

    public static List<QueueItem> Of(IEnumerable<QueueItem> items) =>
        [.. items.OrderBy(i => i.Sequence - ((long)Places * i.Priority)).ThenBy(i => i.Sequence)];

    /// <summary>Those that may go on, each behind what it depends on.</summary>
    /// <param name="items">In landing order.</param>
    /// <param name="isHeld">Whether something else than a dependency keeps it.</param>
    /// <param name="hasLanded">Whether a dependency is fulfilled.</param>
    public static List<QueueItem> Line(
        IEnumerable<QueueItem> items,
        Func<QueueItem, bool> isHeld,
        Func<AttemptId, bool> hasLanded
    )
    {
        List<QueueItem> waiting = [.. items.Where(i => !i.IsTerminal && !isHeld(i))];
        List<QueueItem> line = [];
        while (
            waiting.Find(i =>
                i.DependsOn.All(a =>
                    hasLanded(a) || line.Exists(l => l.Attempt.Item == a.Item && l.Attempt.Number >= a.Number)
                )
            )
                is { } next
        )
        {
            line.Add(next);
            waiting.Remove(next);
        }

        return line;
    }

    /// <summary>Whether an attempt would wait for itself, by way of others.</summary>
    public static bool IsCycle(AttemptId attempt, IEnumerable<AttemptId> after, QueueState snapshot)
    {
        HashSet<string> seen = [];
        Stack<string> open = new(after.Select(a => a.Item));
        while (open.TryPop(out string? item))
        {
            if (item == attempt.Item)
            {
                return true;
            }

            if (seen.Add(item))
            {
                foreach (
                    AttemptId next in snapshot
                        .Items.Where(i => i.Attempt.Item == item && !i.IsTerminal)
                        .SelectMany(i => i.DependsOn)
                )
                {
                    open.Push(next.Item);
                }
            }
        }

        return false;
    }
}
