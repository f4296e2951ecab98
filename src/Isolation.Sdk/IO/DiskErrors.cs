namespace Isolation.Sdk.IO;

internal static class DiskErrors
{
    private const int NoSpace = 28,
        NoQuota = 122,
        DiskFull = unchecked((int)0x80070070);

    public static bool IsFull(Exception e) => e is IOException && e.HResult is NoSpace or NoQuota or DiskFull;

    // Gone, in use, or not this user's to touch.
    public static bool IsRefusal(Exception e) => e is IOException or UnauthorizedAccessException;

    public static T? Try<T>(Func<T?> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (IsRefusal(e))
        {
            return default;
        }
    }

    public static bool Try(Action work)
    {
        try
        {
            work();
            return true;
        }
        catch (Exception e) when (IsRefusal(e))
        {
            return false;
        }
    }
}
