namespace Isolation.Sdk.Guard;

/// <summary>Codes of the checklist: ISO0911 to ISO0915, ISO0918; of the guard's options: ISO0919.</summary>
internal static class GuardCodes
{
    public const string OwnWorkTree = "ISO0911";
    public const string FreshContext = "ISO0912";
    public const string NoSharedState = "ISO0913";
    public const string ArtifactsOnly = "ISO0914";
    public const string ScopedItem = "ISO0915";
    public const string Redirected = "ISO0918";
    public const string BadOption = "ISO0919";
}
