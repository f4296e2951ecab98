using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

// What a worker left untracked in such numbers is what some tool made, and nobody's work.
internal static class LeftoverLimit
{
    public static IsolationFault? FindFault(WorkspaceInfo info, CaptureOptions options, IReadOnlyList<string> untracked)
    {
        long bytes = untracked.Sum(p => Length(Path.Combine(info.Path, p)));
        bool isMany = untracked.Count > options.MaxLeftoverFiles;
        if (!isMany && bytes <= options.MaxLeftoverBytes)
        {
            return null;
        }

        string limit = isMany ? nameof(CaptureOptions.MaxLeftoverFiles) : nameof(CaptureOptions.MaxLeftoverBytes);
        string largest = untracked
            .GroupBy(p => p[..(p.IndexOf('/') + 1)] is { Length: > 0 } folder ? folder : p)
            .MaxBy(g => isMany ? g.Count() : g.Sum(p => Length(Path.Combine(info.Path, p))))!
            .Key;
        return new IsolationFault(
            WorkspaceCodes.TooManyLeftovers,
            $"The worker left {untracked.Count} untracked files of {bytes} bytes, most of it in "
                + $"'{PlainText.SingleLine(largest, 100)}': more than {nameof(WorkspaceOptions.Capture)}.{limit}, so "
                + "nothing that it had not committed was taken and the workspace is kept.",
            $"Name in .gitignore what is no result, or raise {nameof(WorkspaceOptions.Capture)}.{limit}."
        );
    }

    private static long Length(string path) =>
        new FileInfo(path) is { Exists: true, LinkTarget: null } file ? file.Length : 0;
}
