namespace Isolation.Sdk.IO;

internal static class LockCodes
{
    public const string Disabled = "ISO0102";
}
