namespace Isolation.Sdk.Platform;

// A file's stat as git's index has it, each number cut to 32 bits.
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
    // The device does not count: it is another number after each mount.
    public bool IsSameFile(in FileStamp other) => this with { Device = 0 } == other with { Device = 0 };
}
