namespace Isolation.Sdk.Dispatching;

// Codes of this folder: ISO0771 to ISO0789.
internal static class DispatchingCodes
{
    public const string Unreadable = "ISO0771";
    public const string UnknownSchema = "ISO0772";
    public const string Unsuitable = "ISO0773";
    public const string WrongRepository = "ISO0774";
    public const string WrongReport = "ISO0775";
    public const string CommitRefused = "ISO0776";
    public const string Superseded = "ISO0777";
}
