namespace Isolation.Sdk.Workspaces.Trees;

/// <summary>What a folder really takes of the disk: blocks that it shares with others are not counted.</summary>
internal static class ExtentUse
{
    /// <summary>In bytes, allocated; links are not followed, and a folder that goes meanwhile counts as far as it was seen.</summary>
    public static long Of(string folder) => throw new NotImplementedException();
}
