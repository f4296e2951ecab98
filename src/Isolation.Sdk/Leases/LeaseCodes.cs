namespace Isolation.Sdk.Leases;

internal static class LeaseCodes
{
    public const string Held = "ISO0101";
}
