namespace Isolation.Sdk.Platform;

// Unknown: paths from the top. Altered, Missing: entries of the index. Folders: not as new ones are; the empty path is
// the top.
internal sealed record TreeDifferences(
    IReadOnlyList<byte[]> Unknown,
    IReadOnlyList<int> Altered,
    IReadOnlyList<int> Missing,
    IReadOnlyList<string> Folders
)
{
    public bool IsEmpty => Unknown.Count + Altered.Count + Missing.Count + Folders.Count == 0;

    public IReadOnlySet<int> Locations { get; init; } = new HashSet<int>();

    // Folders in which something came or went; that alone is no difference.
    public IReadOnlyList<int> Written { get; init; } = [];
}
