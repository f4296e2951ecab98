using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

/// <summary>A workspace kept as evidence stays where it is, so that git still works in it; a file <c>quarantined</c> beside it says so, and so does the reason of a linked worktree's lock.</summary>
internal static class Quarantine
{
    public const string FileName = "quarantined";

    public static bool IsMarked(WorkspaceInfo info) =>
        Path.GetDirectoryName(info.Path) is { } folder && File.Exists(Path.Combine(folder, FileName));

    public static void Mark(WorkspaceInfo info, AttemptId attempt)
    {
        string reason = $"quarantined: isolation attempt {AttemptNames.FileName(attempt)}\n";
        if (Path.GetDirectoryName(info.Path) is { } folder && Directory.Exists(folder))
        {
            File.WriteAllText(Path.Combine(folder, FileName), reason);
        }

        if (!info.HasOwnRepository && Directory.Exists(info.GitDirectory))
        {
            File.WriteAllText(Path.Combine(info.GitDirectory, "locked"), reason);
        }
    }
}
