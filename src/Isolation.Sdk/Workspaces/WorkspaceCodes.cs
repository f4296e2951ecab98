namespace Isolation.Sdk.Workspaces;

internal static class WorkspaceCodes
{
    public const string RootNotWritable = "ISO0301";
    public const string BranchConflict = "ISO0302";
    public const string BadBranch = "ISO0303";
    public const string WorkspaceExists = "ISO0304";
    public const string StaleAttempt = "ISO0305";
    public const string LfsMissing = "ISO0306";
    public const string CaptureFailed = "ISO0307";
    public const string LinkTargetMissing = "ISO0309";
    public const string CopyRefused = "ISO0310";
    public const string CheckoutFailed = "ISO0311";
    public const string RootInsideRepository = "ISO0312";
    public const string WorkspaceGone = "ISO0313";
    public const string SyncFailed = "ISO0314";
    public const string CollectRefused = "ISO0315";
    public const string CheckoutMethodUnsupported = "ISO0316";
    public const string NoFreeSpace = "ISO0317";
    public const string BadOption = "ISO0319";
    public const string SubmoduleIncomplete = "ISO0320";
    public const string Unfinished = "ISO0321";
    public const string TooManyLeftovers = "ISO0322";
    public const string FilterFailed = "ISO0323";
}
