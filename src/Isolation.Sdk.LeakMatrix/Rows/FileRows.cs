using System.Diagnostics;
using static Isolation.Sdk.Leaks.LeakOutcome;
using static Isolation.Sdk.Leaks.LeakStep;
using static Isolation.Sdk.SandboxLevel;

namespace Isolation.Sdk.Leaks;

/// <summary>Files and resources of the machine.</summary>
internal static class FileRows
{
    private const string OneUser = "open: processes of one user may touch each other's files";
    private const string NoRule = "Landlock: no rule for the sibling";
    private const string NotThere = "own mounts: the sibling's folder is not there";

    private const string OneProcessor = """on="taskset -c $(taskset -pc $$ | sed 's/.*[:,-] *//')"; """;

    // Somebody else's account at the kernel's where that can be had, so that nothing else on the machine runs out of
    // it.
    private const string Account =
        """u=$((20000 + 0x$(echo "$4" | cut -c6-9) % 40000)); be="setpriv --reuid $u --regid $u """
        + """--clear-groups"; $be true 2>/dev/null || be=; read in out n < /proc/self/uid_map; me=$((out + """
        + """$(id -u) - in)); cd /; """;

    public static IEnumerable<LeakRow> All =>
        [
            new LeakRow(
                "F01",
                "a sibling's uncommitted files, read",
                LeakProbe.Of(B("echo secret-$4 > unc.txt"), A("grep -qx secret-$4 $1/unc.txt && echo LEAK"))
            )
                .Cooperative(LeakOutcome.Leak, OneUser)
                .Restricted(LeakOutcome.Sealed, NoRule)
                .Sealed(LeakOutcome.Sealed, NotThere),
            new LeakRow(
                "F02",
                "a sibling's files, written",
                LeakProbe.Of(A("echo $4 >> $1/f1"), B("grep -qx $4 f1 && echo LEAK"))
            )
                .Cooperative(LeakOutcome.Leak, OneUser)
                .Restricted(LeakOutcome.Sealed, NoRule)
                .Sealed(LeakOutcome.Sealed, NotThere),
            new LeakRow(
                "F03",
                "a tracked link to a folder outside",
                LeakProbe.Of(A("echo $4 > ln/t"), B("grep -qx $4 ln/t && echo LEAK")) with
                {
                    Prepare = LinkAsync,
                }
            )
                .Cooperative(LeakOutcome.Leak, OneUser)
                .Restricted(LeakOutcome.Sealed, "Landlock: no rule for what a link leads to")
                .Sealed(LeakOutcome.Sealed, "own mounts: what the link leads to is not there"),
            new LeakRow(
                "F04",
                "hard links between workspaces (cp -al)",
                LeakProbe.Of(A("cp -alf f1 $1/; echo $4 >> f1"), B("grep -qx $4 f1 && echo LEAK"))
            )
                .Cooperative(LeakOutcome.Leak, OneUser + "; the library itself makes no hard links")
                .Restricted(LeakOutcome.Sealed, NoRule)
                .Sealed(LeakOutcome.Sealed, NotThere),
            new LeakRow(
                "F05",
                "objects as hard links (clone --local)",
                LeakProbe.Of(
                    A(
                        """o=$(git rev-parse HEAD:f1 | sed 's,^..,&/,'); git clone -q --local "$2" c; """
                            + """f=c/.git/objects/$o; [ -e "$f" ] || { ln "$2/.git/objects/$o" linked && """
                            + """f=linked; }; chmod u+w "$f" && echo broken > "$f" """
                    ),
                    B("git cat-file blob HEAD:f1 > /dev/null || echo LEAK")
                )
            )
                .Cooperative(LeakOutcome.Leak, "open: one object store for all")
                .Restricted(LeakOutcome.Sealed, "borrowed objects; Landlock: read, and not linked")
                .Sealed(LeakOutcome.Sealed, "borrowed objects, mounted read-only"),
            new LeakRow(
                "F06",
                "a watch on a sibling's tree",
                LeakProbe.Of(
                    A(Perl.Watch).AsBackground,
                    B("echo x > $4"),
                    A(
                        "[ \"$6\" = watching ] || exit 0; i=0; until [ -s seen ] || [ $i -gt 600 ]; do "
                            + "sleep 0.05; i=$((i + 1)); done; [ -s seen ] && echo LEAK"
                    )
                ) with
                {
                    Needs = ["perl"],
                }
            )
                .Cooperative(LeakOutcome.Leak, OneUser)
                .Restricted(LeakOutcome.Leak, "open: Landlock has no word for watches; names are seen, never contents")
                .Sealed(LeakOutcome.Sealed, NotThere),
            new LeakRow(
                "F07",
                "a full disk",
                LeakProbe.Of(A("head -c 64M /dev/zero > fill"), B("echo x > new || echo LEAK"), A("rm -f fill")) with
                {
                    Needs = ["mount"],
                    Prepare = SmallDiskAsync,
                }
            ).FromLevel(Cooperative, LeakOutcome.Leak, "open: one disk for all, unless MaxDisk is set"),
            new LeakRow(
                "F08",
                "watchers, counted per user",
                LeakProbe.Of(
                    A(
                        Account
                            + "n=$(cat /proc/sys/fs/inotify/max_user_instances); [ $n -gt 4096 ] && be=; [ "
                            + "-n \"$be\" ] || n=3; $be "
                            + Perl.Watchers
                            + "$n \"${be:-$me}\""
                    ).AsBackground,
                    B(
                        Account
                            + "if [ -n \"$be\" ]; then $be "
                            + Perl.Watcher
                            + " || echo LEAK; elif [ \"$6\" = \"$me 3\" ]; then echo LEAK; fi"
                    )
                ) with
                {
                    Needs = ["perl", "setpriv"],
                }
            ).FromLevel(
                Cooperative,
                LeakOutcome.Leak,
                "open: the kernel counts them for the user, through user namespaces too (shown by whose "
                    + "account it is, where nothing else may run out of them)"
            ),
            new LeakRow(
                "F09",
                "processes, counted per user",
                LeakProbe.Of(
                    A(
                        Account
                            + "for i in 1 2 3 4 5 6 7 8 9; do $be sleep 600 > /dev/null 2>&1 & done; echo "
                            + "$me $(readlink /proc/self/ns/user); wait"
                    ).AsBackground,
                    B(
                        Account
                            + "if [ -n \"$be\" ]; then prlimit --nproc=8 $be sh -c 'true | true' || echo "
                            + "LEAK; elif [ \"$6\" = \"$me $(readlink /proc/self/ns/user)\" ]; then echo "
                            + "LEAK; fi"
                    )
                ) with
                {
                    Needs = ["setpriv", "prlimit"],
                }
            )
                .Cooperative(LeakOutcome.Leak, "open: the kernel counts them for the user, unless MaxProcesses is set")
                .Restricted(LeakOutcome.Leak, "open: the kernel counts them for the user, unless MaxProcesses is set")
                .Sealed(LeakOutcome.Sealed, "own user namespace: a count of its own"),
            new LeakRow(
                "F10",
                "the processor",
                LeakProbe.Of(
                    A(
                        OneProcessor
                            + "for i in 1 2 3 4 5 6; do timeout 100 $on sh -c 'while :; do :; done' > "
                            + "/dev/null 2>&1 & done; echo spinning; wait"
                    ).AsBackground,
                    B(
                        OneProcessor
                            + """$on sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done; read run """
                            + """wait n < /proc/$$/schedstat; [ $wait -gt $((run / 2)) ] && echo LEAK'"""
                    )
                ) with
                {
                    Needs = ["taskset", "timeout"],
                }
            ).FromLevel(Cooperative, LeakOutcome.Leak, "open: shared as between any processes, unless a share is set"),
            new LeakRow("F11", "memory", LeakProbe.Of(_ => Task.CompletedTask))
                .Plain(NotTried, "not run: the kernel may choose any process of this machine to end")
                .FromLevel(Cooperative, NotTried, "not run: the kernel may choose any process of this machine to end"),
        ];

    private static async Task LinkAsync(LeakFixture place)
    {
        string outside = Path.Combine(place.Repository.Root, "outside");
        Directory.CreateDirectory(outside);
        File.CreateSymbolicLink(Path.Combine(place.Repository.Path, "ln"), outside);
        await place.Repository.CommitAsync("A link", new Dictionary<string, string>()).ConfigureAwait(false);
    }

    /// <summary>A disk that can be filled without harm.</summary>
    private static async Task SmallDiskAsync(LeakFixture place)
    {
        Directory.CreateDirectory(place.WorkersDirectory);
        if (
            await RunAsync("mount", "-t", "tmpfs", "-o", "size=16m", "none", place.WorkersDirectory)
                .ConfigureAwait(false) != 0
        )
        {
            throw new NotSupportedException("A small disk could not be mounted; that needs root.");
        }

        place.Undo.Push(() => RunAsync("umount", "-l", place.WorkersDirectory).GetAwaiter().GetResult());
    }

    private static async Task<int> RunAsync(string file, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardError = true })!;
        await process.StandardError.ReadToEndAsync().ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        return process.ExitCode;
    }
}
