namespace Isolation.Sdk;

/// <summary>Codes of this folder: ISO09##.</summary>
internal static class PipelineCodes
{
    public const string NoMergeStrategy = "ISO0902";
    public const string NoRunner = "ISO0903";
    public const string BadOption = "ISO0904";
    public const string BelowLevel = "ISO0905";
    public const string BadPath = "ISO0906";
    public const string BadTarget = "ISO0907";
    public const string InProcessRunner = "ISO0908";
    public const string UntrustedNeedsSealed = "ISO0909";
    public const string NotGuaranteed = "ISO0910";
    public const string OwnWorkTree = "ISO0911";
    public const string FreshContext = "ISO0912";
    public const string NoSharedState = "ISO0913";
    public const string ArtifactsOnly = "ISO0914";
    public const string ScopedItem = "ISO0915";
    public const string MergeDecided = "ISO0916";
    public const string FactoryFailed = "ISO0917";
    public const string SetupFailed = "ISO0921";
    public const string AlreadyRunning = "ISO0922";
    public const string NoTracker = "ISO0923";
    public const string UnknownAttempt = "ISO0924";
}
