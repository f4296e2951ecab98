namespace Isolation.Sdk.Workspaces.Trees;

/// <summary>What the file system of a folder can do, found by trying it there with files that are gone at once.</summary>
/// <param name="Snapshot">Folders can be copied whole (btrfs subvolumes).</param>
/// <param name="Reflink">Files can share blocks.</param>
internal sealed record FileSystemAbilities(bool Snapshot, bool Reflink)
{
    public static FileSystemAbilities Of(string folder) => throw new NotImplementedException();
}
