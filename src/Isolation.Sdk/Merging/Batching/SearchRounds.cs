namespace Isolation.Sdk.Merging;

/// <summary>How many rounds <see cref="PrefixBisection"/> needs to find the culprit of a red interval, by its place.</summary>
internal sealed class SearchRounds
{
    private readonly Dictionary<(int Slots, int Width), int[]> _known = [];

    public IReadOnlyList<int> Of(int slots, int width)
    {
        if (width <= 1)
        {
            return [0];
        }

        if (!_known.TryGetValue((slots, width), out int[]? rounds))
        {
            int[] fence = [0, .. PrefixBisection.Search(width, [], slots), width];
            rounds =
            [
                .. fence.Zip(fence.Skip(1), (a, b) => b - a).SelectMany(part => Of(slots, part)).Select(r => r + 1),
            ];
            _known[(slots, width)] = rounds;
        }

        return rounds;
    }
}
