using static Isolation.Sdk.Leaks.GitRows;
using static Isolation.Sdk.Leaks.LeakOutcome;
using static Isolation.Sdk.Leaks.LeakStep;
using static Isolation.Sdk.SandboxLevel;

namespace Isolation.Sdk.Leaks;

/// <summary>What git is told in files that worktrees share: config, hooks, excludes, attributes.</summary>
internal static class GitSettingRows
{
    public static IEnumerable<LeakRow> All =>
        [
            new LeakRow(
                "G01",
                "the repository's config",
                LeakProbe.Of(
                    A("""for r in . "$2"; do git -C "$r" config user.email evil@a; done"""),
                    B("git config --get-all user.email | grep -qx evil@a && echo LEAK")
                )
            )
                .Cooperative(Detected, "contamination guard: config")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G02",
                "config that makes another's git run code",
                LeakProbe.Of(
                    A("""for r in . "$2"; do git -C "$r" config diff.external 'echo LEAK; true'; done"""),
                    B("echo more >> f1; git --no-pager diff")
                )
            )
                .Cooperative(Detected, "contamination guard: config")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G03",
                "config meant for one worktree",
                LeakProbe.Of(
                    A(
                        """git config extensions.worktreeConfig true; git config --worktree user.name """
                            + """private; for r in . "$2"; do git -C "$r" config user.email plain@a; done"""
                    ),
                    B(
                        """test "$(git config user.name)" = private && echo BOTH; git config --get-all """
                            + """user.email | grep -qx plain@a && echo LEAK"""
                    )
                )
            )
                .Cooperative(Detected, "contamination guard: config")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G04",
                "core.bare, flipped by 'git init'",
                LeakProbe.Of(
                    A(
                        """GIT_DIR=$(git rev-parse --absolute-git-dir) git init -q; """
                            + """GIT_DIR="$2/.git/worktrees/a" git init -q"""
                    ),
                    Host("""git status >/dev/null 2>&1 || echo LEAK""")
                )
            )
                .Cooperative(Detected, "contamination guard: config")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G05",
                "core.worktree",
                LeakProbe.Of(
                    A("""for r in . "$2"; do git -C "$r" config core.worktree /nowhere; done"""),
                    Host("""test "$(git rev-parse --show-toplevel 2>/dev/null)" = "$2" || echo LEAK""")
                )
            )
                .Cooperative(Detected, "contamination guard: config")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G06",
                "hooks",
                LeakProbe.Of(
                    A(
                        """for h in "$(git rev-parse --git-path hooks)" "$2/.git/hooks"; do mkdir -p "$h"; printf '#!/bin/sh\necho LEAK\n' > "$h/pre-commit"; chmod +x "$h/pre-commit"; done"""
                    ),
                    B("git commit -q --allow-empty -m work 2>&1")
                )
            )
                .Cooperative(LeakOutcome.Sealed, "core.hooksPath in the worker's environment")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G15",
                "remotes",
                LeakProbe.Of(
                    A("""for r in . "$2"; do git -C "$r" remote set-url origin /evil; done"""),
                    B("git config --get-all remote.origin.url | grep -qx /evil && echo LEAK")
                ) with
                {
                    Prepare = place => place.Repository.GitAsync(["remote", "add", "origin", "/good"]),
                }
            )
                .Cooperative(Detected, "contamination guard: config")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G16",
                "rerere: remembered conflict resolutions",
                LeakProbe.Of(
                    A(
                        """for d in "$(git rev-parse --git-path rr-cache)" "$2/.git/rr-cache"; do mkdir """
                            + """-p "$d"; done; """
                            + Conflict
                            + "echo BAD > f1; git add f1; git commit -qm resolved"
                    ),
                    B(Conflict + "grep -qx BAD f1 && echo LEAK")
                )
            )
                .Cooperative(LeakOutcome.Sealed, "rerere off in the worker's environment")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G17",
                "info/exclude",
                LeakProbe.Of(
                    A(
                        """for d in "$(git rev-parse --git-path info)" "$2/.git/info"; do mkdir -p "$d"; """
                            + """echo '*.secret' >> "$d/exclude"; done"""
                    ),
                    B("echo x > n.secret; git add n.secret 2>/dev/null || echo LEAK")
                )
            )
                .Cooperative(Detected, "contamination guard: info/exclude")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G18",
                "info/attributes with a filter",
                LeakProbe.Of(
                    A(
                        """for d in "$(git rev-parse --git-path info)" "$2/.git/info"; do mkdir -p "$d"; echo '*.txt filter=pwn' > "$d/attributes"; done; for r in . "$2"; do git -C "$r" config filter.pwn.clean 'sed s/^/INJECTED/'; done"""
                    ),
                    B("echo text > t.txt; git add t.txt; git cat-file blob :t.txt | grep -q INJECTED && echo LEAK")
                )
            )
                .Cooperative(Detected, "contamination guard: info/attributes, config")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G31",
                "settings of submodules",
                LeakProbe.Of(
                    A("""for r in . "$2"; do git -C "$r" config submodule.lib.url /evil; done"""),
                    B("git config submodule.lib.url | grep -qx /evil && echo LEAK")
                )
            )
                .Cooperative(Detected, "contamination guard: config")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
        ];

    // Two sides of one line; what is left is the conflict, or what git made of it by itself.
    private const string Conflict =
        """n=$(git rev-parse HEAD); git checkout -q --detach "$n"; echo left > f1; git commit -qam left; """
        + """l=$(git rev-parse HEAD); git checkout -q --detach "$n"; echo right > f1; git commit -qam """
        + """right; git merge -q "$l" >/dev/null 2>&1; """;
}
