namespace Isolation.Sdk.Benchmarks.Refinery;

/// <summary>The reference to beat: batches in one slot; a red one is halved and both halves are tested, as bors
/// does.</summary>
internal static class HalvingQueue
{
    public static SimulatedOutcome Run(bool[] bad, int batch)
    {
        List<int> landed = [],
            evicted = [];
        Stack<int[]> waiting = new(Enumerable.Range(0, bad.Length).Chunk(batch).Reverse());
        int gates = 0;
        while (waiting.TryPop(out int[]? items))
        {
            gates++;
            if (!items.Any(i => bad[i]))
            {
                landed.AddRange(items);
            }
            else if (items.Length == 1)
            {
                evicted.AddRange(items);
            }
            else
            {
                waiting.Push(items[(items.Length / 2)..]);
                waiting.Push(items[..(items.Length / 2)]);
            }
        }

        return new SimulatedOutcome(gates, gates, landed, evicted)
        {
            Tested = landed.ToHashSet(),
            Reds = evicted.ToDictionary(i => i, _ => 1),
        };
    }
}
