namespace Isolation.Sdk.Tracking;

/// <summary>Which ready item goes out next: by priority, but an item whose declared paths overlap with one under way lets others pass, so often and no oftener.</summary>
internal sealed class ClaimOrder(int mostPassedOver)
{
    private const int MaxCandidates = 100;

    public TrackerEntry? Next(SortedSet<TrackerEntry> ready, IEnumerable<TrackerEntry> all)
    {
        if (mostPassedOver == 0 || ready.Count < 2)
        {
            return ready.Min;
        }

        IReadOnlyList<string>[] taken =
        [
            .. all.Where(e => e.State is TrackedState.Claimed or TrackedState.AwaitingMerge && e.Item.Paths.Count > 0)
                .Select(e => e.Item.Paths),
        ];
        List<TrackerEntry> passed = [];
        foreach (TrackerEntry entry in ready.Take(MaxCandidates))
        {
            if (
                entry.Reorderings >= mostPassedOver
                || !taken.Any(t => DeclaredPaths.Common(entry.Item.Paths, t).Count > 0)
            )
            {
                passed.ForEach(p => p.Reorderings++);
                return entry;
            }

            passed.Add(entry);
        }

        return ready.Min; // All of them overlap: waiting would gain nothing that is sure.
    }
}
