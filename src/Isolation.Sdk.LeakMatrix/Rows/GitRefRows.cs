using static Isolation.Sdk.Leaks.GitRows;
using static Isolation.Sdk.Leaks.LeakOutcome;
using static Isolation.Sdk.Leaks.LeakStep;
using static Isolation.Sdk.SandboxLevel;

namespace Isolation.Sdk.Leaks;

/// <summary>Branches, tags, stash and their like.</summary>
internal static class GitRefRows
{
    public static IEnumerable<LeakRow> All =>
        [
            new LeakRow(
                "G07",
                "another's branch, by everyday commands",
                LeakProbe.Of(
                    B("git commit -q --allow-empty -m mine"),
                    A(
                        Branch
                            + """for r in . "$2"; do git -C "$r" branch -D "$b"; git -C "$r" branch -f "$b" HEAD~1; git -C "$r" push -q . "HEAD~1:refs/heads/$b"; git -C "$r" fetch -q . "+HEAD~1:refs/heads/$b"; done"""
                    ),
                    B("git log -1 --format=%s | grep -qx mine || echo LEAK")
                )
            )
                .Plain(LeakOutcome.Sealed, "git refuses what is checked out elsewhere")
                .FromLevel(Cooperative, LeakOutcome.Sealed, "git refuses what is checked out elsewhere"),
            new LeakRow(
                "G08",
                "another's branch, by plumbing",
                LeakProbe.Of(
                    B("git commit -q --allow-empty -m mine"),
                    A(Branch + """for r in . "$2"; do git -C "$r" update-ref "refs/heads/$b" HEAD~1; done"""),
                    B("git log -1 --format=%s | grep -qx mine || echo LEAK")
                )
            )
                .Cooperative(Detected, "contamination guard: refs")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G09",
                "another's HEAD",
                LeakProbe.Of(
                    B("git commit -q --allow-empty -m mine"),
                    A(Entry + """git -C "$2" symbolic-ref "worktrees/${e##*/}/HEAD" refs/heads/main"""),
                    B("git log -1 --format=%s 2>/dev/null | grep -qx mine || echo LEAK")
                )
            )
                .Cooperative(Detected, "contamination guard: HEAD of worktrees")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G10",
                "the branch of a finished worker",
                LeakProbe.Of(
                    A("""for r in . "$2"; do git -C "$r" branch -qD finished; done"""),
                    Host("git rev-parse -q --verify refs/heads/finished >/dev/null || echo LEAK")
                ) with
                {
                    Prepare = place => place.Repository.GitAsync(["branch", "finished"]),
                }
            )
                .Cooperative(Detected, "contamination guard: refs")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G11",
                "the stash",
                LeakProbe.Of(
                    A("echo mine > f2; git stash -q; echo mine > f1; git stash -q"),
                    B("git stash pop -q; grep -qx mine f1 && echo LEAK")
                )
            )
                .Cooperative(
                    Detected,
                    "contamination guard: refs/stash, as long as an entry is left; what was stashed and "
                        + "popped between two looks nobody sees"
                )
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G12",
                "tags",
                LeakProbe.Of(
                    A("""for r in . "$2"; do git -C "$r" tag v1; done"""),
                    B("git tag v1 2>/dev/null || echo LEAK")
                )
            )
                .Cooperative(Detected, "contamination guard: refs")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G13",
                "notes",
                LeakProbe.Of(
                    A("""for r in . "$2"; do git -C "$r" notes add -m mine HEAD; done"""),
                    B("git notes show HEAD 2>/dev/null | grep -qx mine && echo LEAK")
                )
            )
                .Cooperative(Detected, "contamination guard: refs")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G14",
                "refs/replace",
                LeakProbe.Of(
                    A("""for r in . "$2"; do git -C "$r" replace HEAD HEAD~1; done"""),
                    B("""test "$(git log -1 --format=%s)" = "Something to work on" || echo LEAK""")
                )
            )
                .Cooperative(Detected, "contamination guard: refs")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G25",
                "reflogs",
                LeakProbe.Of(
                    B("git commit -q --allow-empty -m mine"),
                    A("""for r in . "$2"; do git -C "$r" reflog expire --expire=now --all; done"""),
                    B("git reflog | grep -q mine || echo LEAK")
                )
            )
                .Cooperative(
                    LeakOutcome.Leak,
                    "open: one git command empties everybody's; no commit is lost, each is pinned when it is captured"
                )
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G44",
                "tags that come along when work is collected",
                LeakProbe.Of(A("""git commit -q --allow-empty -m work; git tag "$4" """)) with
                {
                    AfterwardsScript = """git rev-parse -q --verify "refs/tags/$4" >/dev/null && echo LEAK""",
                }
            )
                .Cooperative(Detected, "contamination guard: refs")
                .FromLevel(Restricted, LeakOutcome.Sealed, "collected by a fetch without tags"),
        ];
}
