namespace Isolation.Sdk.Merging;

internal static class MergingCodes
{
    public const string BadTarget = "ISO0601";
    public const string TargetMissing = "ISO0602";
    public const string TargetCheckedOut = "ISO0603";
    public const string TargetCheckoutDirty = "ISO0604";
    public const string Pinned = "ISO0605";
    public const string UnknownAttempt = "ISO0606";
    public const string OtherCommit = "ISO0607";
    public const string NoGate = "ISO0608";
    public const string NoSandbox = "ISO0609";
    public const string BadOptions = "ISO0610";
    public const string BadRequest = "ISO0612";
}
