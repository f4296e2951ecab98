using System.IO.Pipes;
using System.Runtime.InteropServices;
using static Isolation.Sdk.Leaks.LeakOutcome;
using static Isolation.Sdk.Leaks.LeakStep;
using static Isolation.Sdk.SandboxLevel;

namespace Isolation.Sdk.Leaks;

/// <summary>Processes and what they inherit.</summary>
internal static class ProcessRows
{
    private const string OneUser = "open: processes of one user may reach each other";
    private const string OwnProcesses = "own pid namespace";
    private const string OwnUsers = "own pid and user namespaces";
    private const string EndOfAll =
        "a cgroup of its own; without one its session and marks in its environment and its limits, and "
        + "only a daemon that changes all three on purpose gets away";
    private const string EndOfConfined =
        "a cgroup of its own; without one its session and a mark in its limits, which it cannot change";
    private const int Urgent = 23;

    public static IEnumerable<LeakRow> All =>
        [
            new LeakRow(
                "P01",
                "the host's environment",
                LeakProbe.Of(A("[ \"$SECRET_OF_HOST\" = planted-$4 ] && echo LEAK"))
            ).FromLevel(Cooperative, LeakOutcome.Sealed, "an environment from nothing"),
            new LeakRow(
                "P02",
                "/proc/<process>/environ",
                LeakProbe.Of(
                    B("TOKEN=mine-$4 exec sh -c 'echo here; exec sleep 600'").AsBackground,
                    A(
                        "cat /proc/$7/environ /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -qx "
                            + "TOKEN=mine-$4 && echo LEAK"
                    )
                )
            )
                .Cooperative(LeakOutcome.Leak, OneUser)
                .Restricted(LeakOutcome.Sealed, "Landlock: no look into a process of another scope")
                .Sealed(LeakOutcome.Sealed, OwnUsers),
            new LeakRow(
                "P03",
                "ptrace, /proc/<process>/mem and root",
                LeakProbe.Of(
                    B("echo here; exec sleep 600").AsBackground,
                    A(
                        Perl.Trace
                            + "$7 && echo LEAK; head -c 0 /proc/$7/mem && echo LEAK; ls /proc/$7/root/ > "
                            + "/dev/null && echo LEAK"
                    )
                ) with
                {
                    Needs = ["perl"],
                }
            )
                .Cooperative(LeakOutcome.Leak, OneUser)
                .Restricted(LeakOutcome.Sealed, "Landlock and seccomp: ptrace denied")
                .Sealed(LeakOutcome.Sealed, OwnUsers),
            new LeakRow(
                "P04",
                "signals, priority and limits of another process",
                LeakProbe.Of(
                    B("echo here; exec sleep 600").AsBackground,
                    A(
                        "kill -s CONT $7 && echo LEAK; renice -n 1 -p $7 > /dev/null && echo LEAK; prlimit "
                            + "--pid $7 --core=0:0 && echo LEAK"
                    )
                ) with
                {
                    Needs = ["renice", "prlimit"],
                }
            )
                .Cooperative(LeakOutcome.Leak, OneUser)
                .Restricted(LeakOutcome.Sealed, "Landlock: signals scoped; seccomp: others' priority and limits denied")
                .Sealed(LeakOutcome.Sealed, OwnProcesses),
            new LeakRow("P05", "the host's process group and session", LeakProbe.Of(CompareGroupsAsync)).FromLevel(
                Cooperative,
                LeakOutcome.Sealed,
                "own session"
            ),
            new LeakRow(
                "P06",
                "orphans",
                LeakProbe.Of(
                    A(
                        "setsid env -i $(command -v perl) -e 'fork and exit; open(F, \">\", \"up\"); print "
                            + "F 1; close F; sleep 600' $4 > /dev/null 2>&1 < /dev/null; i=0; until [ -s up ] || "
                            + "[ $i -gt 600 ]; do sleep 0.05; i=$((i + 1)); done"
                    )
                ) with
                {
                    Needs = ["perl", "setsid"],
                    AfterwardsScript =
                        "for p in /proc/[0-9]*; do c=$(tr '\\0' ' ' 2>/dev/null < $p/cmdline); case \"$c\" "
                        + "in */perl\" -e fork and exit\"*\" $4 \") echo LEAK; kill -9 ${p#/proc/};; esac; "
                        + "done",
                }
            )
                .Cooperative(LeakOutcome.Sealed, EndOfAll)
                .Restricted(LeakOutcome.Sealed, EndOfConfined)
                .Sealed(LeakOutcome.Sealed, OwnProcesses),
            new LeakRow(
                "P07",
                "TCP ports",
                LeakProbe.Of(A(Perl.Listen).AsBackground, B(Perl.Connect + "&& echo LEAK")) with
                {
                    Needs = ["perl"],
                }
            )
                .Cooperative(LeakOutcome.Leak, "open: one loopback for all; leased ports differ")
                .Restricted(LeakOutcome.Sealed, "Landlock: no port that is not leased")
                .Sealed(LeakOutcome.Sealed, "own network namespace"),
            new LeakRow(
                "P08",
                "Unix sockets in the file system",
                LeakProbe.Of(A(Perl.ListenAtPath).AsBackground, B(Perl.ConnectToPath + "&& echo LEAK")) with
                {
                    Needs = ["perl"],
                }
            )
                .Cooperative(LeakOutcome.Leak, OneUser)
                .Restricted(LeakOutcome.Leak, "open: Landlock has no word for connecting to a path")
                .Sealed(LeakOutcome.Sealed, "own mounts: the socket is not there"),
            new LeakRow(
                "P09",
                "abstract sockets",
                LeakProbe.Of(A(Perl.ListenAtName).AsBackground, B(Perl.ConnectToName + "&& echo LEAK")) with
                {
                    Needs = ["perl"],
                }
            )
                .Cooperative(LeakOutcome.Leak, OneUser)
                .Restricted(LeakOutcome.Sealed, "Landlock: abstract sockets scoped")
                .Sealed(LeakOutcome.Sealed, "own network namespace"),
            new LeakRow(
                "P10",
                "/dev/shm, System V memory, POSIX queues",
                LeakProbe.Of(
                    A("echo planted > /dev/shm/$4; " + Perl.Share),
                    B("{ grep -qs planted /dev/shm/$4 || " + Perl.Find + "; } && echo LEAK"),
                    A("rm -f /dev/shm/$4; " + Perl.Unshare)
                ) with
                {
                    Needs = ["perl"],
                }
            )
                .Cooperative(LeakOutcome.Leak, OneUser)
                .Restricted(LeakOutcome.Sealed, "Landlock: no rule for /dev/shm; seccomp: shmget and mq_open denied")
                .Sealed(LeakOutcome.Sealed, "own IPC namespace and /dev"),
            new LeakRow(
                "P11",
                "fixed names in /tmp",
                LeakProbe.Of(A("echo $4 > /tmp/$4"), B("grep -qsx $4 /tmp/$4 && echo LEAK"), A("rm -f /tmp/$4"))
            )
                .Cooperative(LeakOutcome.Leak, "open: by name; what asks for TMPDIR gets its own")
                .Restricted(LeakOutcome.Sealed, "own TMPDIR; Landlock: no rule for /tmp")
                .Sealed(LeakOutcome.Sealed, "own /tmp"),
            new LeakRow(
                "P12",
                "locks on fixed names",
                LeakProbe.Of(
                    A(
                        "{ : > /tmp/$4; } 2>&1 || { echo refused; exit; }; exec 9> /tmp/$4; flock -n 9 && "
                            + "echo locked; exec sleep 600"
                    ).AsBackground,
                    B("[ -e /tmp/$4 ] && ! flock -n /tmp/$4 true && echo LEAK; rm -f /tmp/$4")
                ) with
                {
                    Needs = ["flock"],
                }
            )
                .Cooperative(LeakOutcome.Leak, "open: by name; what asks for TMPDIR gets its own")
                .Restricted(LeakOutcome.Sealed, "own TMPDIR; Landlock: no rule for /tmp")
                .Sealed(LeakOutcome.Sealed, "own /tmp"),
            new LeakRow("P13", "inherited descriptors", LeakProbe.Of(InheritAsync) with { Needs = ["bash"] }).FromLevel(
                Cooperative,
                LeakOutcome.Sealed,
                "closed before the program starts"
            ),
            new LeakRow(
                "P14",
                "umask and ignored signals",
                LeakProbe.Of(IgnoreAsync) with
                {
                    NeedsOwnProcess = true,
                }
            ).FromLevel(
                Cooperative,
                LeakOutcome.Sealed,
                "reset before the program starts; limits and priority stay the host's for all"
            ),
            new LeakRow(
                "P15",
                "standard input",
                LeakProbe.Of(
                    A("IFS= read -r line; [ \"$line\" = for-b-$4 ] && echo LEAK; readlink /proc/self/fd/0 >&2")
                ) with
                {
                    Needs = ["bash"],
                    Prepare = InputAsync,
                }
            ).FromLevel(Cooperative, LeakOutcome.Sealed, "an input of its own"),
            new LeakRow("P16", "a terminal", LeakProbe.Of(TerminalAsync) with { Needs = ["script", "stty"] })
                .Cooperative(LeakOutcome.Leak, "open: own session without a terminal, yet others can be opened by path")
                .Restricted(LeakOutcome.Leak, "open: as at the cooperative level, but nothing can be typed into one")
                .Sealed(LeakOutcome.Sealed, "own session, own /dev/pts"),
            new LeakRow(
                "P17",
                "the user's keys",
                LeakProbe.Of(A(Perl.AddKey), B(Perl.FindKey + "&& echo LEAK"), A(Perl.RemoveKey)) with
                {
                    Needs = ["perl"],
                }
            )
                .Cooperative(LeakOutcome.Leak, OneUser)
                .Restricted(LeakOutcome.Sealed, "seccomp: add_key and keyctl denied")
                .Sealed(LeakOutcome.Sealed, "seccomp: add_key and keyctl denied; own user namespace"),
            new LeakRow(
                "P18",
                "command lines",
                LeakProbe.Of(
                    B("exec sh -c 'echo here; sleep 600' mine-$4").AsBackground,
                    A(
                        "all=$(cat /proc/$7/cmdline /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'); "
                            + "case \"$all\" in *\"mine-$4\"*) echo LEAK;; esac"
                    )
                )
            )
                .Cooperative(LeakOutcome.Leak, OneUser)
                .Restricted(LeakOutcome.Leak, "open: Landlock leaves the process list; no secrets in arguments")
                .Sealed(LeakOutcome.Sealed, OwnProcesses),
            new LeakRow(
                "P19",
                "HOME and what tools keep there",
                LeakProbe.Of(A("echo fund=$4 >> $HOME/.npmrc"), B("grep -qsx fund=$4 $HOME/.npmrc && echo LEAK"))
            ).FromLevel(Cooperative, LeakOutcome.Sealed, "own HOME and XDG folders"),
            new LeakRow("P20", "host name, clock, mounts, timers, daemons", LeakProbe.Of(_ => Task.CompletedTask))
                .Plain(NotTried, "not run: it would change this machine")
                .FromLevel(Cooperative, NotTried, "not run: it would change this machine"),
        ];

    /// <summary>Who can be ended by one signal to a group, or by Ctrl-C at the host's terminal.</summary>
    private static async Task CompareGroupsAsync(LeakScenario stage)
    {
        await stage.A.StartInBackgroundAsync("echo here; exec sleep 600").ConfigureAwait(false);
        string[] a = Groups(stage.Background.Process);
        await stage.B.StartInBackgroundAsync("echo here; exec sleep 600").ConfigureAwait(false);
        string[] b = Groups(stage.Background.Process),
            host = Groups(Environment.ProcessId);
        stage.Report(
            a[0] == b[0] || a[1] == b[1] || a[1] == host[1],
            $"group and session: A {a[0]} {a[1]}, B {b[0]} {b[1]}, host {host[0]} {host[1]}"
        );
    }

    /// <summary>What follows the name, which may hold anything: state, parent, group, session.</summary>
    private static string[] Groups(int process) =>
        File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ')[2..4];

    /// <summary>A pipe of the host's that is not closed in its children, as native libraries leave theirs.</summary>
    private static async Task InheritAsync(LeakScenario stage)
    {
        using AnonymousPipeServerStream pipe = new(PipeDirection.Out, HandleInheritability.Inheritable);
        await pipe.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"{stage.Fixture.UniqueName}\n"))
            .ConfigureAwait(false);
        await stage
            .A.RunAsync(
                $"bash -c 'IFS= read -r -t 5 -u {pipe.GetClientHandleAsString()} line; [ \"$line\" = "
                    + $"\"$0\" ] && echo LEAK' $4"
            )
            .ConfigureAwait(false);
    }

    private static async Task IgnoreAsync(LeakScenario stage)
    {
        nint before = signal(Urgent, 1);
        uint mask = umask(0);
        try
        {
            const string Look =
                "i=$(sed -n 's/^SigIgn:[[:space:]]*//p' /proc/self/status); [ $((0x$i & 0x400000)) -ne 0 ] "
                + "&& echo LEAK; [ $(umask) = 0000 ] && echo LEAK; echo $(umask) $i >&2";
            await stage.A.RunAsync(Look).ConfigureAwait(false);
            await stage.B.RunAsync(Look).ConfigureAwait(false);
        }
        finally
        {
            umask(mask);
            signal(Urgent, before);
        }
    }

    private static async Task InputAsync(LeakFixture place)
    {
        AnonymousPipeServerStream pipe = new(PipeDirection.Out, HandleInheritability.Inheritable);
        place.Undo.Push(pipe.Dispose);
        await pipe.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"for-b-{place.UniqueName}\n")).ConfigureAwait(false);
        place.Launcher = ["bash", "-c", $"exec \"$@\" <&{pipe.GetClientHandleAsString()}", "bash"];
    }

    /// <summary>A terminal of the host's: what A does to it, B finds.</summary>
    private static async Task TerminalAsync(LeakScenario stage)
    {
        using System.Diagnostics.Process host = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("script", ["-qfc", "tty; exec sleep 600", "/dev/null"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        try
        {
            string terminal = (await host.StandardOutput.ReadLineAsync().ConfigureAwait(false) ?? "").Trim();
            await stage.A.RunAsync($"stty -echo < {terminal}").ConfigureAwait(false);
            await stage.B.RunAsync($"stty -a < {terminal} | grep -qw -- -echo && echo LEAK").ConfigureAwait(false);
        }
        finally
        {
            host.Kill(entireProcessTree: true);
        }
    }

    [DllImport("libc", EntryPoint = "umask")]
    private static extern uint umask(uint mask);

    [DllImport("libc", EntryPoint = "signal")]
    private static extern nint signal(int number, nint handler);
}
