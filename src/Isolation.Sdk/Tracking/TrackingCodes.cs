namespace Isolation.Sdk.Tracking;

// Codes of this folder: ISO0701 to ISO0749.
internal static class TrackingCodes
{
    public const string BadId = "ISO0701";
    public const string DuplicateId = "ISO0702";
    public const string Cycle = "ISO0703";
    public const string UnknownBlocker = "ISO0704";
    public const string EmptyTitle = "ISO0705";
    public const string InputComplete = "ISO0706";
    public const string UnknownItem = "ISO0707";
    public const string BadPath = "ISO0708";
    public const string BadProperty = "ISO0709";
    public const string NotOpen = "ISO0710";
}
