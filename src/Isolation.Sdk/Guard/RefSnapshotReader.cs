using Isolation.Sdk.Git;

namespace Isolation.Sdk.Guard;

/// <summary>
/// Packed refs are parsed again only when their bytes differ: unlike a time stamp, those cannot be forged.
/// </summary>
internal sealed class RefSnapshotReader(string commonDirectory, IEnumerable<string> ignored)
{
    private const string File = "packed-refs";

    // The library's own move all the time by compare-and-swap; a fetch by a worker is nobody's harm, and what git's
    // maintenance and other tools keep for themselves is no worker's base.
    private static readonly string[] Known =
    [
        "refs/isolation/",
        "refs/remotes/",
        "refs/prefetch/",
        "refs/jj/",
        "refs/gitbutler/",
        "refs/branchless/",
        "refs/bisect/",
        "refs/rewritten/",
        "refs/original/",
        "refs/stgit/",
        "refs/pull/",
        "refs/changes/",
        "refs/merge-requests/",
    ];
    private readonly string[] _unwatched = [.. Known, .. ignored];
    private readonly string _folder = Path.Combine(commonDirectory, "refs");
    private readonly string[] _skip =
    [
        .. Known.Concat(ignored).Where(u => u.EndsWith('/')).Select(u => Path.Combine(commonDirectory, u.TrimEnd('/'))),
    ];
    private readonly Dictionary<string, string> _packed = new();
    private byte[] _bytes = [];
    private bool _isWhole = true;

    public void Read(RepositorySnapshot read)
    {
        Dictionary<string, string> facts = read.Facts;

        // Loose ones first, as git reads them: one that is being packed meanwhile is in the packed file before its own
        // goes.
        foreach (GitFolderEntry entry in GitFolderEnumerator.Of(_folder, deep: true, _skip))
        {
            string name = entry.NameIn(commonDirectory);
            if (!IsWatched(name))
            {
                continue;
            }

            if (entry.IsLock)
            {
                read.Passing[name] = FileFingerprint.OfWriteTime(entry.Written);
            }
            else if (
                (
                    entry.IsLink ? FileFingerprint.Of(entry.Path)
                    : entry.Length == 0 ? null
                    : FileFingerprint.ReadStart(entry.Path)
                ) is
                { Length: > 0 } value
            )
            {
                facts[name] = value;
            }
        }

        string packed = Path.Combine(commonDirectory, File);
        ReadPacked(packed);
        if (
            (
                FileFingerprint.Kind(packed)
                ?? (_isWhole ? null : $"no list of refs: {FileFingerprint.OfContent(_bytes)}")
            ) is
            { } odd
        )
        {
            facts[File] = odd;
        }

        facts.EnsureCapacity(facts.Count + _packed.Count);
        foreach ((string name, string id) in _packed)
        {
            facts.TryAdd(name, id);
        }
    }

    public bool IsWatched(string name) => !Array.Exists(_unwatched, u => name.StartsWith(u, StringComparison.Ordinal));

    private void ReadPacked(string path)
    {
        byte[] bytes = Bytes(path);
        if (bytes.AsSpan().SequenceEqual(_bytes))
        {
            return;
        }

        _bytes = bytes;
        _packed.Clear();
        using StreamReader lines = new(new MemoryStream(bytes));
        _isWhole = RefReader.AddPacked(lines, _packed, "refs/");
        foreach (string own in _packed.Keys.Where(k => !IsWatched(k)).ToArray())
        {
            _packed.Remove(own);
        }
    }

    private static byte[] Bytes(string path)
    {
        FileInfo file = new(path);
        try
        {
            return file.Exists && file.Length > 0 ? System.IO.File.ReadAllBytes(path) : [];
        }
        catch (FileNotFoundException)
        {
            return [];
        }
    }
}
