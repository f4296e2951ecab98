using Isolation.Sdk.IO;

namespace Isolation.Sdk.Tracking;

internal sealed class WorkItemIndex
{
    private readonly Dictionary<string, TrackedItem> _items = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _twins = new(StringComparer.Ordinal);
    private readonly Queue<string> _unkeyed = []; // Keys take longer than the rest of loading an item.
    private readonly Dictionary<string, HashSet<string>> _waiters = new(StringComparer.Ordinal);
    private readonly HashSet<string> _active = new(StringComparer.Ordinal);

    public IEnumerable<TrackedItem> All => _items.Values;

    public long NextSequence { get; private set; }

    public int OpenCount { get; private set; }

    public SortedSet<TrackedItem> Ready { get; } =
        new(
            Comparer<TrackedItem>.Create(
                (a, b) => (b.Item.Priority, a.Sequence).CompareTo((a.Item.Priority, b.Sequence))
            )
        );

    public SortedSet<TrackedItem> Timed { get; } =
        new(Comparer<TrackedItem>.Create((a, b) => (a.Due, a.Sequence).CompareTo((b.Due, b.Sequence))));

    public IEnumerable<TrackedItem> Active => _active.Select(id => _items[id]);

    public TrackedItem? Find(string id) => _items.GetValueOrDefault(id);

    public string? FindTwin(string id)
    {
        while (_unkeyed.TryDequeue(out string? known))
        {
            foreach (string key in Keys(known))
            {
                _twins.TryAdd(key, known);
            }
        }

        return _items.ContainsKey(id)
            ? id
            : Keys(id).Select(k => _twins.GetValueOrDefault(k)).FirstOrDefault(t => t is not null);
    }

    public IReadOnlyList<TrackedItem> WaitersFor(string id) =>
        _waiters.TryGetValue(id, out HashSet<string>? waiting)
            ? [.. waiting.Select(w => _items[w]).OrderBy(w => w.Sequence)]
            : [];

    public void Put(TrackedItem item)
    {
        string id = item.Item.Id;
        if (_items.TryGetValue(id, out TrackedItem? old))
        {
            OpenCount -= old.State == TrackedState.Closed ? 0 : 1;
            Ready.Remove(old);
            Timed.Remove(old);
            _active.Remove(id);
            foreach (string blocker in old.State == TrackedState.Blocked ? old.WaitingFor : [])
            {
                if (
                    _waiters.TryGetValue(blocker, out HashSet<string>? waiting)
                    && waiting.Remove(id)
                    && waiting.Count == 0
                )
                {
                    _waiters.Remove(blocker);
                }
            }
        }
        else
        {
            NextSequence = Math.Max(NextSequence, item.Sequence + 1);
            _unkeyed.Enqueue(id);
        }

        OpenCount += item.State == TrackedState.Closed ? 0 : 1;
        _items[id] = item;
        switch (item.State)
        {
            case TrackedState.Ready:
                Ready.Add(item);
                break;
            case TrackedState.Delayed:
                Timed.Add(item);
                break;
            case TrackedState.Claimed:
                Timed.Add(item);
                _active.Add(id);
                break;
            case TrackedState.AwaitingMerge:
                _active.Add(id);
                break;
            case TrackedState.Blocked:
                foreach (string blocker in item.WaitingFor)
                {
                    (
                        _waiters.TryGetValue(blocker, out HashSet<string>? waiting)
                            ? waiting
                            : _waiters[blocker] = new HashSet<string>(StringComparer.Ordinal)
                    ).Add(id);
                }

                break;
        }
    }

    // An ID has no control character, so the keys of the two kinds never meet.
    private static IEnumerable<string> Keys(string id) => [WorkGraph.TwinKey(id), "\0" + Slug.Of(id)];
}
