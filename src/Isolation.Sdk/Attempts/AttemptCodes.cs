namespace Isolation.Sdk.Attempts;

/// <summary>Codes of this folder.</summary>
internal static class AttemptCodes
{
    public const string SetupFailed = "ISO0921";
}
