namespace Isolation.Sdk.Tracking;

internal sealed class ClaimOrder(WorkItemIndex items, ItemTransitions transitions)
{
    private const int MaxCandidates = 100;

    // By priority, but an item whose declared paths overlap with one under way lets others go first, up to a limit.
    public TrackedItem? Next(int maxReorderings)
    {
        if (maxReorderings == 0 || items.Ready.Count < 2)
        {
            return items.Ready.Min;
        }

        IReadOnlyList<string>[] taken = [.. items.Active.Select(i => i.Item.Paths).Where(p => p.Count > 0)];
        List<TrackedItem> passed = [];
        foreach (TrackedItem item in items.Ready.Take(MaxCandidates))
        {
            if (
                item.Reorderings >= maxReorderings
                || !taken.Any(t => DeclaredPaths.Common(item.Item.Paths, t).Count > 0)
            )
            {
                passed.ForEach(p => transitions.Put(p with { Reorderings = p.Reorderings + 1 }));
                return item;
            }

            passed.Add(item);
        }

        return items.Ready.Min; // All of them overlap: waiting would gain nothing.
    }
}
