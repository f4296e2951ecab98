using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

// What git itself calls unfinished: it says so in files of the worker's git directory, and in the index.
internal static class UnfinishedWork
{
    private const int MaxNamed = 3;

    // More steps follow, whatever the files look like, and no commit holds which.
    private static readonly (string Name, string What)[] Series =
    [
        ("rebase-merge", "a rebase"),
        ("rebase-apply", "a 'git am' or rebase"),
        ("sequencer", "a series of cherry-picks or reverts"),
        ("BISECT_LOG", "a bisect"),
    ];

    private static readonly (string Name, string What)[] Single =
    [
        ("MERGE_HEAD", "a merge"),
        ("CHERRY_PICK_HEAD", "a cherry-pick"),
        ("REVERT_HEAD", "a revert"),
    ];

    public static bool IsSeries(WorkspaceInfo info) => Find(info, Series).Length > 0;

    public static IsolationFault? FindFault(WorkspaceInfo info, GitStatus? status, string pin)
    {
        string[] series = Find(info, Series);
        string[] open = [.. (status?.Unmerged ?? []).Where(u => !IsWhole(info, u)).Select(u => u.Path)];

        // Who made each file whole has resolved it, and only not told git.
        bool isResolved = status is { Unmerged.Count: > 0 } && open.Length == 0;
        string[] under = series.Length > 0 || isResolved ? series : Find(info, Single);
        if (under.Length + open.Length == 0)
        {
            return null;
        }

        string files =
            open.Length == 0
                ? ""
                : $"{(open.Length == 1 ? "a file" : $"{open.Length} files")} unmerged: "
                    + string.Join(", ", open.Take(MaxNamed))
                    + (open.Length > MaxNamed ? $" and {open.Length - MaxNamed} more" : "");
        return new IsolationFault(
            WorkspaceCodes.Unfinished,
            under.Length == 0
                ? $"The worker left {files}."
                : $"The worker ended in the middle of {string.Join(" and ", under)}"
                    + $"{(files.Length == 0 ? "" : $", with {files}")}.",
            $"Conclude or abort it before the end; what was made is pinned as {pin}."
        );
    }

    private static string[] Find(WorkspaceInfo info, (string Name, string What)[] marks) =>
        [.. marks.Where(m => Path.Exists(Path.Combine(info.GitDirectory, m.Name))).Select(m => $"{m.What} ({m.Name})")];

    // Where both sides have a text: of all else git leaves one side, which says nothing of whether somebody decided.
    private static bool IsWhole(WorkspaceInfo info, UnmergedPath entry) =>
        entry.Kind is "UU" or "AA"
        && ConflictMarkers.TryRead(info, entry.Path) is { } text
        && !text.AsSpan(0, Math.Min(text.Length, ConflictMarkers.Sniffed)).Contains((byte)0)
        && !ConflictMarkers.AreIn(text);
}
