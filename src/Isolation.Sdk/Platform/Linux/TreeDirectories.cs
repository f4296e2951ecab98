namespace Isolation.Sdk.Platform;

internal sealed class TreeDirectories
{
    public const int MaxThreads = 4;

    private const int EntriesAtOnce = 64;
    private readonly List<TreeDirectory> _all = [];
    private ILookup<int, TreeDirectory>? _below;

    public TreeDirectories(IFileManifest index, IEnumerable<int>? entries = null)
    {
        List<int> path = [0];
        _all.Add(new TreeDirectory(-1, 0, 0, 0, 0));
        foreach (int entry in entries ?? Enumerable.Range(0, index.Count))
        {
            Descend(index, entry, path);
            _all[path[^1]].Entries.Add(entry);
        }
    }

    public IReadOnlyList<TreeDirectory> All => _all;

    public ILookup<int, TreeDirectory> Below => _below ??= _all.Where(f => f.Parent >= 0).ToLookup(f => f.Parent);

    public Task OnAllAsync(Action<Range> work) =>
        Parallel.ForEachAsync(
            Split(),
            new ParallelOptions { MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, MaxThreads) },
            (part, _) =>
            {
                work(part);
                return ValueTask.CompletedTask;
            }
        );

    private List<Range> Split()
    {
        List<Range> parts = [];
        int start = 0,
            count = 0;
        for (int i = 0; i < _all.Count; i++)
        {
            count += _all[i].Entries.Count + 1;
            if (count >= EntriesAtOnce)
            {
                parts.Add(start..(i + 1));
                (start, count) = (i + 1, 0);
            }
        }

        if (start < _all.Count)
        {
            parts.Add(start.._all.Count);
        }

        return parts;
    }

    // Paths are sorted, so the folders that are open are those of the path before.
    private void Descend(IFileManifest index, int entry, List<int> path)
    {
        ReadOnlySpan<byte> name = index.Path(entry);
        int depth = 1,
            at = 0;
        while (
            depth < path.Count
            && _all[path[depth]] is var open
            && name.Length > open.End
            && name[open.End] == (byte)'/'
            && name[at..open.End].SequenceEqual(index.Path(open.Entry)[at..open.End])
        )
        {
            at = open.End + 1;
            depth++;
        }

        path.RemoveRange(depth, path.Count - depth);
        for (int slash = name[at..].IndexOf((byte)'/'); slash >= 0; slash = name[at..].IndexOf((byte)'/'))
        {
            _all.Add(new TreeDirectory(path[^1], path.Count, entry, at, at + slash));
            path.Add(_all.Count - 1);
            at += slash + 1;
        }
    }
}

// Its name is a part of the path of the first entry below it.
internal sealed record TreeDirectory(int Parent, int Depth, int Entry, int Start, int End)
{
    public List<int> Entries { get; } = [];
}
