using static Isolation.Sdk.Leaks.GitRows;
using static Isolation.Sdk.Leaks.LeakOutcome;
using static Isolation.Sdk.Leaks.LeakStep;
using static Isolation.Sdk.SandboxLevel;

namespace Isolation.Sdk.Leaks;

/// <summary>Worktrees themselves, the user's own git, and the host's.</summary>
internal static class GitWorktreeRows
{
    public static IEnumerable<LeakRow> All =>
        [
            new LeakRow(
                "G26",
                "'git worktree prune' while a worktree is away",
                LeakProbe.Of(
                    A("""mv "$1" "$1.away" && git -C "$2" worktree prune; mv "$1.away" "$1" """),
                    B("git status >/dev/null 2>&1 || echo LEAK")
                )
            )
                .Cooperative(LeakOutcome.Sealed, "the worktree is locked")
                .FromLevel(Restricted, LeakOutcome.Sealed, OutOfReach),
            new LeakRow(
                "G27",
                "'git worktree remove' of another's",
                LeakProbe.Of(
                    A("""git -C "$2" worktree remove --force --force "$1" """),
                    Host("""test -e "$5/f1" || echo LEAK""")
                )
            )
                .Cooperative(Detected, "contamination guard: worktrees")
                .FromLevel(Restricted, LeakOutcome.Sealed, OutOfReach),
            new LeakRow(
                "G28",
                "locks of a killed git",
                LeakProbe.Of(
                    A(
                        """for d in "$(git rev-parse --git-common-dir)" "$2/.git"; do : > "$d/config.lock"; : > "$d/packed-refs.lock"; done"""
                    ),
                    B("git config user.name me 2>/dev/null || echo LEAK")
                )
            )
                .Cooperative(Detected, "contamination guard: locks")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G29",
                "a half-made worktree entry",
                LeakProbe.Of(
                    A(
                        """for d in "$(git rev-parse --git-common-dir)" "$2/.git"; do mkdir -p "$d/worktrees/zz"; echo /nowhere/.git > "$d/worktrees/zz/gitdir"; echo "ref: refs/heads/zz" > "$d/worktrees/zz/HEAD"; : > "$d/worktrees/zz/commondir"; done"""
                    ),
                    B("git worktree list >/dev/null 2>&1 || echo LEAK")
                )
            )
                .Cooperative(Detected, "contamination guard: worktree entries")
                .FromLevel(Restricted, LeakOutcome.Sealed, OwnClone),
            new LeakRow(
                "G30",
                "a .git file that names another's",
                LeakProbe.Of(
                    A(Entry + """rm -rf .git; echo "gitdir: $e" > .git; echo stolen > f1; git commit -qam stolen"""),
                    B("git log -1 --format=%s 2>/dev/null | grep -qx stolen && echo LEAK")
                )
            )
                .Cooperative(Detected, "contamination guard: HEAD of worktrees")
                .FromLevel(Restricted, LeakOutcome.Sealed, OutOfReach),
            new LeakRow("G33", "what git keeps for each worktree", LeakProbe.Of(PathsAsync))
                .Plain(LeakOutcome.Sealed, "git itself")
                .FromLevel(Cooperative, LeakOutcome.Sealed, "git itself"),
            new LeakRow(
                "G34",
                "git's file system monitor",
                LeakProbe.Of(
                    A("""git fsmonitor--daemon start; git -C "$2" fsmonitor--daemon start; true"""),
                    B("git fsmonitor--daemon status >/dev/null 2>&1 && echo LEAK")
                )
            )
                .Plain(LeakOutcome.Sealed, "git: one for each work tree, where there is one")
                .FromLevel(Cooperative, LeakOutcome.Sealed, "core.fsmonitor off in the worker's environment"),
            new LeakRow(
                "G35",
                "the user's git config",
                LeakProbe.Of(
                    A(
                        """git config --global user.signingkey evil; git config -f "$3/.gitconfig" """
                            + """user.signingkey evil"""
                    ),
                    B("git config user.signingkey | grep -qx evil && echo LEAK")
                )
            ).FromLevel(Cooperative, LeakOutcome.Sealed, "own HOME, XDG folders and GIT_CONFIG_GLOBAL"),
            new LeakRow(
                "G36",
                "the machine's git config",
                LeakProbe.Of(
                    A("""git config -f "${3%/*}/etc-gitconfig" user.signingkey evil"""),
                    B("git config user.signingkey | grep -qx evil && echo LEAK")
                ) with
                {
                    Prepare = place =>
                        Task.FromResult(
                            place.Environment["GIT_CONFIG_SYSTEM"] = Path.Combine(
                                place.Repository.Root,
                                "etc-gitconfig"
                            )
                        ),
                }
            ).FromLevel(Cooperative, LeakOutcome.Sealed, "GIT_CONFIG_NOSYSTEM"),
            new LeakRow(
                "G37",
                "git's stored credentials",
                LeakProbe.Of(
                    A(
                        """printf 'protocol=https\nhost=x.invalid\nusername=u\npassword=hidden\n\n' | """
                            + """git -c credential.helper=store credential approve"""
                    ),
                    B(
                        """printf 'protocol=https\nhost=x.invalid\n\n' | GIT_TERMINAL_PROMPT=0 """
                            + """GIT_ASKPASS=true git -c credential.helper=store credential fill 2>/dev/null | """
                            + """grep -qx password=hidden && echo LEAK"""
                    )
                )
            ).FromLevel(Cooperative, LeakOutcome.Sealed, "own HOME"),
            new LeakRow(
                "G38",
                "GIT_DIR of the host",
                LeakProbe.Of(
                    A("echo a > f1; git add f1; git commit -qm stray"),
                    Host("git log -1 --format=%s main | grep -qx stray && echo LEAK")
                ) with
                {
                    Prepare = place =>
                        Task.FromResult(place.Environment["GIT_DIR"] = Path.Combine(place.Repository.Path, ".git")),
                }
            ).FromLevel(Cooperative, LeakOutcome.Sealed, "no GIT_* of the host's"),
            new LeakRow(
                "G39",
                "who commits, and when, from the host's environment",
                LeakProbe.Of(
                    A("true"),
                    B(
                        "git commit -q --allow-empty -m work; git log -1 --format=%an%ad | grep -q "
                            + "evil.*2001 && echo LEAK"
                    )
                ) with
                {
                    Prepare = place =>
                    {
                        (place.Environment["GIT_AUTHOR_NAME"], place.Environment["GIT_AUTHOR_DATE"]) = (
                            "evil",
                            "2001-01-01T00:00:00Z"
                        );
                        return Task.CompletedTask;
                    },
                }
            ).FromLevel(Cooperative, LeakOutcome.Sealed, "no GIT_* of the host's"),
            new LeakRow(
                "G40",
                "what git exports to the hook that started the host",
                LeakProbe.Of(
                    A("true"),
                    B("echo b > stray; git add stray"),
                    Host("git diff --cached --name-only | grep -qx stray && echo LEAK")
                ) with
                {
                    Prepare = place =>
                    {
                        (place.Environment["GIT_INDEX_FILE"], place.Environment["GIT_PREFIX"]) = (
                            Path.Combine(place.Repository.Path, ".git", "index"),
                            ""
                        );
                        return Task.CompletedTask;
                    },
                }
            ).FromLevel(Cooperative, LeakOutcome.Sealed, "no GIT_* of the host's"),
            new LeakRow(
                "G41",
                "a repository further up",
                LeakProbe.Of(
                    A("true"),
                    B(
                        """rm -rf .git; t=$(git rev-parse --show-toplevel 2>/dev/null) && test "$t" != "$PWD" && echo LEAK"""
                    )
                ) with
                {
                    Prepare = place => ThrowawayRepository.GitInAsync(place.Repository.Root, ["init", "-q"]),
                }
            ).FromLevel(Cooperative, LeakOutcome.Sealed, "GIT_CEILING_DIRECTORIES; out of reach above that"),
            new LeakRow(
                "G42",
                "a worktree inside the canonical checkout",
                LeakProbe.Of(A("true"), Host("""git clean -ffdxq; test -e "$5/f1" || echo LEAK""")) with
                {
                    Prepare = place =>
                        Task.FromResult(place.WorkersDirectory = Path.Combine(place.Repository.Path, "workers")),
                }
            ).FromLevel(Cooperative, Refused, "checklist: no workers' folder inside a work tree"),
            new LeakRow(
                "G43",
                ".gitignore above the work tree",
                LeakProbe.Of(
                    A("""echo '*' > "$(dirname "$1")/.gitignore"; echo '*' > "$(dirname "$2")/.gitignore" """),
                    B("echo x > new; git add new 2>/dev/null || echo LEAK")
                )
            )
                .Plain(LeakOutcome.Sealed, "git itself: it reads none above")
                .FromLevel(Cooperative, LeakOutcome.Sealed, "git itself: it reads none above"),
            new LeakRow(
                "G45",
                "code that a worker's repository makes the host's git run",
                LeakProbe.Of(
                    A(
                        """p=$PWD; printf '#!/bin/sh\ntouch "%s/ran"\ncat\n' "$3" > x.sh; chmod +x x.sh; """
                            + """git config filter.x.clean "$p/x.sh"; git config core.fsmonitor "$p/x.sh"; """
                            + """echo '* filter=x' > .gitattributes; echo y > f1"""
                    ),
                    PlainHost("""git -C "$1" status >/dev/null 2>&1; test -e "$3/ran" && echo LEAK""")
                ) with
                {
                    AfterwardsScript = """test -e "$3/ran" && echo LEAK""",
                }
            ).FromLevel(
                Cooperative,
                LeakOutcome.Sealed,
                "the host reads a worker's files by plumbing, without its filters, hooks and monitors"
            ),
            new LeakRow(
                "G47",
                "another user's worker",
                LeakProbe.Of(
                    A(
                        """setpriv --reuid 65534 --regid 65534 --clear-groups git -C "$1" status """
                            + """>/dev/null && echo LEAK"""
                    )
                ) with
                {
                    Needs = ["setpriv"],
                }
            )
                .Plain(LeakOutcome.Sealed, "git: dubious ownership")
                .FromLevel(Cooperative, LeakOutcome.Sealed, "git: dubious ownership"),
        ];

    private static async Task PathsAsync(LeakScenario stage)
    {
        const string Names =
            "FETCH_HEAD index index.lock ORIG_HEAD MERGE_HEAD MERGE_MSG AUTO_MERGE rebase-merge "
            + "rebase-apply sequencer BISECT_LOG refs/worktree/x refs/bisect/x COMMIT_EDITMSG "
            + "info/sparse-checkout MERGE_RR modules";
        const string Script =
            "for n in " + Names + """; do git rev-parse --path-format=absolute --git-path "$n"; done""";
        string[] a = (await stage.A.RunAsync(Script).ConfigureAwait(false)).Output.Split(
            '\n',
            StringSplitOptions.RemoveEmptyEntries
        );
        string[] b = (await stage.B.RunAsync(Script).ConfigureAwait(false)).Output.Split(
            '\n',
            StringSplitOptions.RemoveEmptyEntries
        );
        stage.Report(
            a.Length == 0 || a.Intersect(b, StringComparer.Ordinal).Any(),
            $"{a.Length} names, {a.Intersect(b, StringComparer.Ordinal).Count()} of them the same for both"
        );
    }
}
