namespace Isolation.Sdk.Workspaces.Trees;

/// <summary>Subvolumes of btrfs: folders that can be copied whole, without their files being looked at.</summary>
internal static class Btrfs
{
    /// <summary>Whether a folder is on btrfs, and this user may make one there.</summary>
    public static bool IsPossible(string folder) => false;

    /// <summary>Makes an empty one at a path that is free.</summary>
    public static void Create(string path) => throw new NotImplementedException();

    /// <summary>Copies one to a path that is free; the copy can be written.</summary>
    public static void Snapshot(string from, string to) => throw new NotImplementedException();

    /// <summary>Whether it can be written at all, whoever asks.</summary>
    public static void SetReadOnly(string path, bool value) => throw new NotImplementedException();

    /// <summary>What changes with every write to it, and whether it is read-only; <see langword="null"/> for what is no subvolume.</summary>
    public static (ulong Generation, bool IsReadOnly)? Look(string path) => null;

    /// <summary>Deletes one at once where this user may; otherwise it is a folder like any other.</summary>
    public static bool TryDelete(string path) => throw new NotImplementedException();
}
