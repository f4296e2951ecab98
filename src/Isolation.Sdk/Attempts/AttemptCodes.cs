namespace Isolation.Sdk.Attempts;

// Codes of this folder.
internal static class AttemptCodes
{
    public const string SetupFailed = "ISO0921";
}
