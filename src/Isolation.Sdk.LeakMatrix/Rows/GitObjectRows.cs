using static Isolation.Sdk.Leaks.GitRows;
using static Isolation.Sdk.Leaks.LeakOutcome;
using static Isolation.Sdk.Leaks.LeakStep;
using static Isolation.Sdk.SandboxLevel;

namespace Isolation.Sdk.Leaks;

/// <summary>The object store, and what cleans it.</summary>
internal static class GitObjectRows
{
    public static IEnumerable<LeakRow> All =>
        [
            new LeakRow(
                "G19",
                "shallow, written for all",
                LeakProbe.Of(
                    A(
                        """for d in "$(git rev-parse --git-common-dir)" "$2/.git"; do git rev-parse HEAD """
                            + """> "$d/shallow"; done"""
                    ),
                    B("""test "$(git rev-list --count HEAD)" = 1 && echo LEAK""")
                )
            )
                .Cooperative(Detected, "contamination guard: shallow")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G20",
                "objects, changed in place",
                LeakProbe.Of(
                    A(
                        """for p in "$(git rev-parse --git-common-dir)"/objects/pack/*.pack "$2"/.git/objects/pack/*.pack; do chmod u+w "$p" && printf garbage-garbage-garbage | dd of="$p" bs=1 seek=12 conv=notrunc; done"""
                    ),
                    B("git fsck --full >/dev/null 2>&1 || echo LEAK")
                ) with
                {
                    Prepare = place => place.Repository.GitAsync(["repack", "-adq"]),
                }
            )
                .Cooperative(
                    LeakOutcome.Leak,
                    "open: a pack is read-only, and its owner may change that; git notices when it reads"
                )
                .FromLevel(Restricted, LeakOutcome.Sealed, "the borrowed objects cannot be written"),
            new LeakRow(
                "G21",
                "objects, read",
                LeakProbe.Of(
                    B("""echo "staged-$4" > s; git add s"""),
                    A(
                        """for r in . "$2" "$1"; do git -C "$r" cat-file --batch-all-objects --batch | """
                            + """grep -aqx "staged-$4" && echo LEAK; done"""
                    )
                )
            )
                .Cooperative(LeakOutcome.Leak, "open: worktrees share one object store")
                .FromLevel(Restricted, LeakOutcome.Sealed, OutOfReach),
            new LeakRow(
                "G22",
                "another's index",
                LeakProbe.Of(
                    B("echo x > staged; git add staged"),
                    A(Entry + """GIT_INDEX_FILE="$e/index" git ls-files | grep -qx staged && echo LEAK""")
                )
            )
                .Cooperative(LeakOutcome.Leak, "open: processes of one user read each other's files")
                .FromLevel(Restricted, LeakOutcome.Sealed, OutOfReach),
            new LeakRow(
                "G23",
                "prune of what nothing refers to yet",
                LeakProbe.Of(
                    B("echo dangling | git hash-object -w --stdin > id"),
                    A("""for r in . "$2" "$1"; do git -C "$r" prune --expire=now; done"""),
                    B("git cat-file -e \"$(cat id)\" 2>/dev/null || echo LEAK")
                )
            )
                .Cooperative(
                    LeakOutcome.Leak,
                    "open: one git command prunes for everybody; by itself git does not in a worker"
                )
                .FromLevel(Restricted, LeakOutcome.Sealed, OutOfReach),
            // The race with a commit that is being made, staged: its objects are there, and the ref is not yet.
            new LeakRow(
                "G24",
                "gc while others commit",
                LeakProbe.Of(
                    B("""t=$(git write-tree); git commit-tree -m half -p HEAD "$t" > id"""),
                    A("""for r in . "$2" "$1"; do git -C "$r" gc -q --prune=now; done"""),
                    B("""git update-ref HEAD "$(cat id)" 2>/dev/null || echo LEAK""")
                )
            )
                .Cooperative(
                    LeakOutcome.Leak,
                    "open: one git command collects for everybody; by itself git does not in a worker"
                )
                .FromLevel(Restricted, LeakOutcome.Sealed, OutOfReach),
            new LeakRow(
                "G32",
                "LFS objects",
                LeakProbe.Of(
                    B("echo big | git lfs clean > pointer"),
                    A(
                        """rm -rf "$(git rev-parse --git-common-dir)/lfs/objects" "$2/.git/lfs/objects" "$1/.git/lfs/objects" """
                    ),
                    B("git lfs smudge < pointer 2>/dev/null | grep -qx big || echo LEAK")
                ) with
                {
                    Needs = ["git-lfs"],
                    Prepare = place => place.Repository.GitAsync(["config", "lfs.repositoryformatversion", "0"]),
                }
            )
                .Cooperative(LeakOutcome.Leak, "open: worktrees share one LFS store")
                .FromLevel(Restricted, LeakOutcome.Sealed, OutOfReach),
            new LeakRow(
                "G46",
                "gc of the source under a clone that borrows from it",
                LeakProbe.Of(
                    PlainHost(
                        """git clone -q --shared --branch lost "$2" "$5/c"; for w in "$1" "$5"; do git """
                            + """-C "$w" checkout -q --detach main; git -C "$w" update-ref -d ORIG_HEAD; git """
                            + """-C "$w" reflog expire --expire=now --all; done; git branch -qD a b"""
                    ),
                    A("true"),
                    Host("git branch -qD lost; git reflog expire --expire=now --all; git prune --expire=now"),
                    B("if [ -e c ]; then cd c; fi; git log -1 >/dev/null 2>&1 || echo LEAK")
                ) with
                {
                    Prepare = CommitLostAsync,
                }
            )
                .Cooperative(LeakOutcome.Sealed, "a worktree's own branch holds its base")
                .FromLevel(Restricted, LeakOutcome.Sealed, "a ref pins the base while the worker lives"),
        ];

    private static async Task CommitLostAsync(LeakFixture place)
    {
        await place.Repository.GitAsync(["checkout", "-q", "-b", "lost"]).ConfigureAwait(false);
        await place
            .Repository.CommitAsync("Only here", new Dictionary<string, string> { ["f3"] = "three\n" })
            .ConfigureAwait(false);
        await place.Repository.GitAsync(["checkout", "-q", "main"]).ConfigureAwait(false);
        place.Base = "lost";
    }
}
