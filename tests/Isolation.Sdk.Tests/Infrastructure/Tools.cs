using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Isolation.Sdk.Tests.Host;

namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>What a test may need from its machine. A name is a program on PATH, or one of the abilities
/// below.</summary>
internal static class Tools
{
    /// <summary>The operating system is Linux.</summary>
    public const string Linux = "linux";

    /// <summary>The tests run as root, so that they may become someone else.</summary>
    public const string Root = "root";

    /// <summary>A size-limited tmpfs can be mounted (in a mount namespace of its own).</summary>
    public const string Tmpfs = "tmpfs";

    /// <summary>bubblewrap is there and the kernel lets it make a sandbox.</summary>
    public const string Bubblewrap = "bubblewrap";

    /// <summary>A cgroup (v2) can be made below the tests' own.</summary>
    public const string Cgroups = "cgroups";

    /// <summary>Commands can be marked by a limit: the tests are nobody's worker, and /proc tells who a thread's
    /// children are.</summary>
    public const string Marks = "marks";

    /// <summary>The kernel's Landlock has all that confined processes need.</summary>
    public const string Landlock = "landlock";

    /// <summary>Images of ext4, XFS and btrfs can be made and mounted (in a mount namespace of its own).</summary>
    public const string Images = "images";

    /// <summary>A program can be started that Ctrl-C ends: see <see cref="Interruptibly"/>.</summary>
    public const string Interruptible = "interruptible";

    /// <summary>
    /// What starts a program with the default for each signal and none blocked, whatever the shell that started the
    /// tests ignores or blocks: a child inherits both, and the runtime restores them in what it starts.
    /// </summary>
    public static string[] Interruptibly { get; } =
        !OperatingSystem.IsLinux() ? []
        : OnPath("perl")
            ?
            [
                "perl",
                "-MPOSIX",
                "-e",
                "sigprocmask(SIG_SETMASK, POSIX::SigSet->new); $SIG{$_} = 'DEFAULT' for qw(HUP INT QUIT "
                    + "TERM); exec { $ARGV[0] } @ARGV",
            ]
        : ["env", "--default-signal=INT"];

    private static readonly ConcurrentDictionary<string, string?> Known = new(StringComparer.Ordinal);

    /// <summary>Why a test that needs these cannot run here; <see langword="null"/> when it can.</summary>
    public static string? Missing(IEnumerable<string> needs) =>
        needs.Select(n => Known.GetOrAdd(n, Check)).FirstOrDefault(r => r is not null);

    private static string? Check(string need) =>
        need switch
        {
            Linux => OperatingSystem.IsLinux() ? null : "needs Linux",
            Root => Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows() ? null : "needs root",
            Tmpfs => Works("unshare", "--mount", "mount", "-t", "tmpfs", "-o", "size=1m", "none", Path.GetTempPath())
                ? null
                : "needs to mount a tmpfs",
            Images => Disk.FileSystems.Select(f => new Disk(f).Through).All(t => Works(t[0], [.. t[1..], "true"]))
                ? null
                : "needs to mount images of ext4, XFS and btrfs",
            Bubblewrap => Works("bwrap", "--ro-bind", "/", "/", "--unshare-all", "true")
                ? null
                : "needs bubblewrap that may make namespaces",
            Landlock => Isolation.Sdk.Platform.Landlock.Version >= Isolation.Sdk.Platform.Landlock.NeededVersion
                ? null
                : "needs Landlock 6 (Linux 6.12)",
            Marks => Isolation.Sdk.Platform.ResourceLimits.CanMark
                ? null
                : "needs an unlimited number of file locks, and /proc/thread-self/children",
            Interruptible => Interruptibly is [] || Works(Interruptibly[0], [.. Interruptibly[1..], "true"])
                ? null
                : "needs perl, or an env that knows --default-signal",
            Cgroups => CanMakeCgroup() ? null : "needs a cgroup v2 that may be divided",
            _ => OnPath(need) ? null : $"needs {need}",
        };

    private static bool CanMakeCgroup()
    {
        string? path = Isolation.Sdk.Platform.Cgroup.PathOf("isolation-test-" + Guid.NewGuid().ToString("n"));
        Isolation.Sdk.Platform.Cgroup? made = path is null ? null : Isolation.Sdk.Platform.Cgroup.TryCreate(path);
        made?.TryRemove();
        return made is not null;
    }

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(folder =>
                File.Exists(Path.Combine(folder, program))
                || (OperatingSystem.IsWindows() && File.Exists(Path.Combine(folder, program + ".exe")))
            );

    private static bool Works(string program, params string[] arguments)
    {
        if (!OnPath(program))
        {
            return false;
        }

        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
