namespace Isolation.Sdk.Platform;

// What a walk shows of each file and folder; it is gone when the visitor returns.
internal readonly ref struct TreeEntry
{
    public required ReadOnlySpan<byte> Folder { get; init; }

    public required ReadOnlySpan<byte> Name { get; init; }

    public bool IsDirectory { get; init; }

    // Ticks of UTC.
    public long Written { get; init; }

    // When its inode changed, which nobody can set; the last of all moments where that cannot be known.
    public long Changed { get; init; }

    public bool IsAt(ReadOnlySpan<byte> path) =>
        path.Length == Folder.Length + 1 + Name.Length
        && path.EndsWith(Name)
        && path[Folder.Length] == (byte)'/'
        && path.StartsWith(Folder);
}

internal enum WalkStep
{
    Continue,

    // Not into this folder.
    Skip,
    Stop,
}

internal delegate WalkStep TreeVisitor(in TreeEntry entry);

internal enum WalkEnd
{
    Complete,
    Stopped,

    // Some of it could not be read, or is deeper than any path goes.
    Incomplete,
}
