namespace Isolation.Sdk.Merging;

/// <summary>
/// Gates run on prefixes of the queue, the longest green one lands at once, and the first red interval is searched
/// with all slots. What runs up to the first red cut is never stopped: new cuts are laid around it. What runs beyond
/// is stopped only when the search needs its slot: if the red cut was a flake, it clears everybody.
/// </summary>
internal static class PrefixBisection
{
    public static BatchPlan Plan(BatchState state)
    {
        int land = Landable(state);
        if (land > 0)
        {
            return new BatchPlan(land, ConfirmFirst: false, [], [.. state.Running.Where(p => p <= land).Order()]);
        }

        int red = state.Red.Where(p => p >= 1 && p <= state.Length).DefaultIfEmpty(int.MaxValue).Min();

        // A second run of the red cut itself is a confirmation.
        int[] useful = [.. state.Running.Where(p => p >= 1 && p <= Math.Min(red, state.Length)).Order()];
        int[] spare = [.. state.Running.Where(p => p > red && p <= state.Length).Order()];
        int[] wanted = red == 1 ? [] : [.. Wanted(state, red, useful)];
        int free = state.Settings.MaxConcurrency - state.Running.Count;
        int slots = red == 1 && useful.Length == 0 ? 1 : wanted.Length;
        int lacking = slots == 0 ? 0 : Math.Clamp(slots - free, 0, spare.Length);
        return new BatchPlan(
            Land: 0,
            ConfirmFirst: red == 1,
            Start: [.. wanted.Take(Math.Max(0, free - state.Busy))],
            Stop: [.. state.Running.Where(p => p < 1 || p > state.Length).Concat(spare.TakeLast(lacking)).Order()]
        );
    }

    public static IEnumerable<int> Search(int red, IEnumerable<int> running, int slots)
    {
        int[] fence = [0, .. running, red];
        int[] width = [.. fence.Zip(fence.Skip(1), (a, b) => b - a)];
        int[] parts = [.. width.Select(_ => 1)];
        for (int slot = 0; slot < slots; slot++)
        {
            int gap = Enumerable.Range(0, width.Length).MaxBy(g => (double)width[g] / parts[g]);
            if (parts[gap] == width[gap])
            {
                break;
            }

            parts[gap]++;
        }

        return Enumerable
            .Range(0, width.Length)
            .SelectMany(g => Enumerable.Range(1, parts[g] - 1).Select(i => fence[g] + (width[g] * i / parts[g])));
    }

    // A green prefix clears every red one inside it, unless each commit has to be green itself.
    private static int Landable(BatchState state) =>
        state.Settings.TestEveryCommit
            ? Enumerable.Range(1, state.Length).TakeWhile(state.Green.Contains).LastOrDefault()
            : state.Green.Where(p => p <= state.Length).Append(0).Max();

    private static IEnumerable<int> Wanted(BatchState state, int red, int[] running)
    {
        if (state.Settings.TestEveryCommit)
        {
            return Enumerable
                .Range(1, Math.Min(red - 1, state.Length))
                .Where(p => !state.Green.Contains(p) && !running.Contains(p));
        }

        int[] inner = [.. running.Where(p => p < red)];
        int slots = Math.Max(0, state.Settings.MaxConcurrency - inner.Length);
        return red <= state.Length ? Search(red, inner, slots) : Onward(state, inner.LastOrDefault(), slots);
    }

    // Where fewer than a step each wait, they are spread over all slots, so that none idles.
    private static IEnumerable<int> Onward(BatchState state, int last, int slots)
    {
        int waiting = Math.Max(0, state.Length - last);
        long step = Math.Max(1, state.Settings.BatchSize);
        IEnumerable<int> each = Enumerable.Range(1, slots);
        return waiting >= slots * step
            ? each.Select(i => last + (int)(i * step))
            : each.Select(i => last + (int)((((long)i * waiting) + slots - 1) / slots)).Where(p => p > last).Distinct();
    }
}
