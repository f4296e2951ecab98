namespace Isolation.Sdk.IO;

internal static class DiskErrors
{
    private const int NoSpace = 28,
        NoQuota = 122,
        DiskFull = unchecked((int)0x80070070);

    public static bool IsFull(Exception e) => e is IOException && e.HResult is NoSpace or NoQuota or DiskFull;
}
