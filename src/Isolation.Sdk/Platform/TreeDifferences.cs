namespace Isolation.Sdk.Platform;

/// <summary>How a folder differs from what its index says.</summary>
/// <param name="Unknown">What is in no index: paths from the top as bytes, a folder for all that is in it.</param>
/// <param name="Altered">
/// Entries of the index that are not exactly as they were written: another kind, content, permissions, time, owner or
/// name.
/// </param>
/// <param name="Missing">Entries that are not there.</param>
/// <param name="Folders">
/// Folders that are not as new ones are: permissions, owner, attributes. The empty path is the top.
/// </param>
internal sealed record TreeDifferences(
    IReadOnlyList<byte[]> Unknown,
    IReadOnlyList<int> Altered,
    IReadOnlyList<int> Missing,
    IReadOnlyList<string> Folders
)
{
    public bool IsEmpty => Unknown.Count + Altered.Count + Missing.Count + Folders.Count == 0;

    public IReadOnlySet<int> Locations { get; init; } = new HashSet<int>();

    // Folders in which something came or went, by the time of writing that they have, by number; that alone is no
    // difference.
    public IReadOnlyList<int> Written { get; init; } = [];
}
