namespace Isolation.Sdk.Leaks;

/// <summary>Git's own state, most of it shared by all worktrees of a repository.</summary>
internal static class GitRows
{
    public const string OwnClone = "a repository of its own";
    public const string OutOfReach = "a repository of its own, and no way to the other's";

    // The victim's branch; a worker that cannot look there knows how the pipeline names it.
    public const string Branch =
        """b=$(git -C "$1" symbolic-ref -q --short HEAD 2>/dev/null || echo isolation/b/1/work); """;

    // The victim's folder in the shared repository.
    public const string Entry =
        """e=$(git -C "$1" rev-parse --absolute-git-dir 2>/dev/null || echo "$2/.git/worktrees/b"); """;

    public static IEnumerable<LeakRow> All =>
        new[] { GitSettingRows.All, GitRefRows.All, GitObjectRows.All, GitWorktreeRows.All }
            .SelectMany(rows => rows)
            .OrderBy(row => row.Id, StringComparer.Ordinal);
}
