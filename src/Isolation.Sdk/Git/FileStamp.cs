namespace Isolation.Sdk.Git;

/// <summary>What git's index remembers of a file's <c>stat</c>, each number cut to 32 bits as git does.</summary>
internal readonly record struct FileStamp(uint ChangedSeconds, uint ChangedNanoseconds, uint WrittenSeconds, uint WrittenNanoseconds, uint Device, uint Inode, uint User, uint Group);
