namespace Isolation.Sdk.Platform;

/// <summary>What git's index remembers of a file's <c>stat</c>, each number cut to 32 bits as git does.</summary>
internal readonly record struct FileStamp(
    uint ChangedSeconds,
    uint ChangedNanoseconds,
    uint WrittenSeconds,
    uint WrittenNanoseconds,
    uint Device,
    uint Inode,
    uint User,
    uint Group
)
{
    // Whether it is the same file, unchanged. The device does not count: it is another number after each mount.
    public bool IsSameFile(in FileStamp other) => this with { Device = 0 } == other with { Device = 0 };
}
