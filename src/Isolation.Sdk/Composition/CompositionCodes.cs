namespace Isolation.Sdk.Composition;

// Codes of this folder: the others of ISO09##.
internal static class CompositionCodes
{
    public const string NoMergeStrategy = "ISO0902";
    public const string NoRunner = "ISO0903";
    public const string BelowLevel = "ISO0905";
    public const string BadPath = "ISO0906";
    public const string InProcessRunner = "ISO0908";
    public const string UntrustedNeedsSealed = "ISO0909";
    public const string NotGuaranteed = "ISO0910";
    public const string MergeDecided = "ISO0916";
    public const string FactoryFailed = "ISO0917";
}
