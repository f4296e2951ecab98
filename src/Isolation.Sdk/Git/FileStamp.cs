using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Git;

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
    /// <summary>Of a file; the device is what the C library makes of its two numbers.</summary>
    public static FileStamp Of(in LinuxFiles.Stat stat) =>
        new(
            (uint)stat.ChangedSeconds,
            stat.ChangedNanoseconds,
            (uint)stat.WrittenSeconds,
            stat.WrittenNanoseconds,
            (stat.DeviceMinor & 0xff) | (stat.DeviceMajor << 8) | ((stat.DeviceMinor & ~0xffu) << 12),
            (uint)stat.Inode,
            stat.User,
            stat.Group
        );

    /// <summary>Whether it is the same file, unchanged. The device does not count: it is another number after each mount.</summary>
    public bool IsSameFile(in FileStamp other) => this with { Device = 0 } == other with { Device = 0 };
}
