using static Isolation.Sdk.SealLevel;
using static Isolation.Sdk.Testing.LeakSight;
using static Isolation.Sdk.Testing.LeakStep;

namespace Isolation.Sdk.Testing;

/// <summary>Git's own state, most of it shared by all worktrees of a repository.</summary>
internal static class GitRows
{
    private const string OwnClone = "a repository of its own";

    public static IEnumerable<LeakRow> All =>
    [
        new LeakRow("G01", "the repository's config", LeakProbe.Of(
            A("git config user.email evil@a"),
            B("git config --get-all user.email | grep -qx evil@a && echo LEAK")))
            .Cooperative(Detected, "contamination guard: config").From(Guarded, LeakSight.Sealed, OwnClone),

        new LeakRow("G11", "the stash", LeakProbe.Of(
            A("echo mine > f1; git stash -q"),
            B("git stash pop -q && grep -qx mine f1 && echo LEAK")))
            .Cooperative(Detected, "contamination guard: refs/stash").From(Guarded, LeakSight.Sealed, OwnClone),
    ];
}
