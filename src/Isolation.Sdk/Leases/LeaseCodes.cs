namespace Isolation.Sdk.Leases;

/// <summary>Codes of this folder: ISO01##.</summary>
internal static class LeaseCodes
{
    public const string Held = "ISO0101";
    public const string LocksDisabled = "ISO0102";
}
