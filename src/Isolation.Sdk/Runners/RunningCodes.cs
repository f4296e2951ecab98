namespace Isolation.Sdk.Runners;

// Codes of this folder: ISO0751 to ISO0770.
internal static class RunningCodes
{
    public const string UnknownPlaceholder = "ISO0751";
    public const string EmptyCommand = "ISO0752";
    public const string UnknownPort = "ISO0753";
    public const string IgnoredResult = "ISO0754";
}
