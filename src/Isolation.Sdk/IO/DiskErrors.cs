namespace Isolation.Sdk.IO;

/// <summary>What an error of the disk means.</summary>
internal static class DiskErrors
{
    private const int NoSpace = 28,
        NoQuota = 122,
        DiskFull = unchecked((int)0x80070070);

    // Whether the disk has no room for more data or files, or this user may have no more of it.
    public static bool IsFull(Exception e) => e is IOException && e.HResult is NoSpace or NoQuota or DiskFull;
}
