namespace Isolation.Sdk.Leasing;

/// <summary>Codes of this folder: ISO01##.</summary>
internal static class LeasingCodes
{
    public const string Held = "ISO0101";
}
