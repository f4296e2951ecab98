using System.Diagnostics;
using System.Globalization;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>The library in host programs of their own: as another user, with a polluted environment, killed.</summary>
public sealed class HostTests
{
    private static readonly string[] OrdinaryUser =
    [
        "setpriv",
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--clear-groups",
    ];

    [IsolationFact(Tools.Linux, Tools.Root, "setpriv", Tier = Tier.Ci)]
    public async Task An_ordinary_user_ends_whole_trees_too()
    {
        using TestHost host = new(StopsADaemon("nohup", "Cooperative"));

        string said = await host.RunAsync(OrdinaryUser);

        Assert.Equal($"Cooperative {SandboxFixture.Search}, dead: True, folder: True\n0", said);
    }

    [IsolationFact(Tools.Linux, Tools.Root, Tools.Marks, Tools.Landlock, "setpriv", Tier = Tier.Ci)]
    public async Task An_ordinary_user_ends_daemons_that_left_session_parent_and_environment_too()
    {
        using TestHost host = new(StopsADaemon("env -i", "Cooperative", "Restricted"));

        string said = await host.RunAsync(OrdinaryUser);

        Assert.Equal(
            "Cooperative session, marker and limit, dead: True, folder: True\nRestricted session, marker "
                + "and limit, dead: True, folder: True\n0",
            said
        );
    }

    [IsolationTheory(Tools.Linux, Tools.Root, "setpriv", "prlimit", DefaultRows = 1)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_host_that_is_somebodys_worker_leaves_the_mark_it_has(bool asRoot)
    {
        using TestHost host = new(
            """
            await using IStateScope state = await IsolatedState.OpenAsync(args[0]);
            ExecResult said = await state.ExecAsync(WorkerCommand.Of("grep", "-E", "file locks +77 +78 ", "/proc/self/limits"));
            Console.WriteLine($"{said.ExitCode} {said.Mechanism == "session, marker and limit"}");
            """
        );

        // Root could change it.
        string said = await host.RunAsync([.. asRoot ? [] : OrdinaryUser, "prlimit", "--locks=77:78"]);

        Assert.Equal("0 False", said);
    }

    [IsolationFact(Tools.Linux)]
    public async Task Nothing_of_the_hosts_environment_mask_signals_or_descriptors_reaches_a_worker()
    {
        using TestHost host = new(
            """
            await using IStateScope state = await IsolatedState.OpenAsync(args[0]);
            ExecResult said = await state.ExecAsync(WorkerCommand.Of("sh", "-c", "env; umask; ls /proc/self/fd | wc -l; grep -E 'Sig(Blk|Ign)' /proc/self/status; tty; read x; echo stdin:$?:$x"));
            Console.Write(said.Output + said.Error);
            """
        );
        Dictionary<string, string> polluted = new()
        {
            ["SECRET_OF_HOST"] = "s3cr3t",
            ["GIT_DIR"] = "/nowhere",
            ["GIT_INDEX_FILE"] = "/nowhere",
            ["GIT_AUTHOR_NAME"] = "Evil",
            ["GIT_CONFIG_PARAMETERS"] = "'a.b=c'",
            ["SSH_AUTH_SOCK"] = "/agent",
        };

        // A host with umask 000, SIGINT and SIGHUP ignored, and an open descriptor that survives exec.
        string said = await host.RunAsync(
            ["sh", "-c", "umask 000; trap '' INT HUP; exec 9</etc/passwd; exec \"$@\"", "host"],
            polluted
        );

        Assert.DoesNotContain("SECRET_OF_HOST", said);
        Assert.DoesNotContain("GIT_DIR", said);
        Assert.DoesNotContain("GIT_INDEX_FILE", said);
        Assert.DoesNotContain("GIT_AUTHOR_NAME", said);
        Assert.DoesNotContain("GIT_CONFIG_PARAMETERS", said);
        Assert.DoesNotContain("SSH_AUTH_SOCK", said);
        string[] lines = said.Split('\n');
        Assert.Contains("0022", lines);
        // 0, 1, 2 and the one that ls lists them with.
        Assert.Contains("4", lines);
        Assert.Contains("SigBlk:\t0000000000000000", lines);
        // 32 and 33 are the C library's own; a program cannot even name them.
        Assert.Contains("SigIgn:\t0000000180000000", lines);
        Assert.Contains("not a tty", lines);
        Assert.Contains("stdin:1:", lines);
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task The_next_scope_cleans_up_after_a_host_that_was_killed()
    {
        using TestHost killed = new(
            """
            IStateScope state = await IsolatedState.OpenAsync(args[0]);
            IWorkerProcess process = await state.StartAsync(WorkerCommand.Of("sh", "-c", "setsid nohup sleep 1103 >/dev/null 2>&1 & echo $!; exec sleep 1104"));
            Console.WriteLine(await new StreamReader(process.Output).ReadLineAsync());
            Console.WriteLine(process.Id);
            Console.WriteLine(state.Info.Home);
            Console.ReadLine();
            """
        );
        using Process process = killed.Start([]);
        int daemon = int.Parse((await process.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        int worker = int.Parse((await process.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        string home = (await process.StandardOutput.ReadLineAsync())!;
        process.Kill();
        await process.WaitForExitAsync();
        Assert.NotNull(ProcessTable.Find(daemon));
        Assert.NotNull(ProcessTable.Find(worker));
        Assert.True(Directory.Exists(home));

        using TestHost next = new("await using IStateScope state = await IsolatedState.OpenAsync(args[0]);");
        await next.RunAsync([], new Dictionary<string, string> { ["TMPDIR"] = killed.Temp });

        Assert.Null(ProcessTable.Find(daemon));
        Assert.Null(ProcessTable.Find(worker));
        Assert.False(Directory.Exists(home));
    }

    [IsolationTheory(Tools.Linux, Tools.Root, Tools.Marks, Tools.Landlock, "setpriv", Tier = Tier.Ci)]
    [InlineData("Cooperative")]
    [InlineData("Restricted")]
    public async Task The_next_scope_knows_what_left_session_parent_and_environment_of_a_host_that_was_killed(
        string level
    )
    {
        using TestHost killed = new(
            $$"""
            IStateScope state = await IsolatedState.OpenAsync(args[0], SandboxLevel.{{level}});
            IWorkerProcess process = await state.StartAsync(WorkerCommand.Of("sh", "-c", "(setsid env -i /bin/sleep 1105 >/dev/null 2>&1 & echo $!); exec sleep 1106"));
            Console.WriteLine(await new StreamReader(process.Output).ReadLineAsync());
            Console.ReadLine();
            """
        );
        using Process process = killed.Start(OrdinaryUser);
        int daemon = int.Parse((await process.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        while (await File.ReadAllTextAsync($"/proc/{daemon}/comm") != "sleep\n")
        {
            await Task.Yield();
        }

        process.Kill();
        await process.WaitForExitAsync();
        Assert.NotNull(ProcessTable.Find(daemon));

        using TestHost next = new("await using IStateScope state = await IsolatedState.OpenAsync(args[0]);");
        await next.RunAsync(OrdinaryUser, new Dictionary<string, string> { ["TMPDIR"] = killed.Temp });

        Assert.Null(ProcessTable.Find(daemon));
    }

    /// <summary>At each level, a daemon that is its own program by the time its worker is stopped.</summary>
    private static string StopsADaemon(string by, params string[] levels) =>
        $$"""
            string work = args[0];
            foreach (SandboxLevel level in new[] { {{string.Join(", ", levels.Select(l => "SandboxLevel." + l))}} })
            {
                await using IStateScope state = await IsolatedState.OpenAsync(work, level);
                IWorkerProcess process = await state.StartAsync(WorkerCommand.Of("sh", "-c", "(setsid {{by}} /bin/sleep 1101 >/dev/null 2>&1 & echo $!); exec sleep 1102"));
                string line = await new StreamReader(process.Output).ReadLineAsync();
                while (File.ReadAllText($"/proc/{line}/comm") != "sleep\n") await Task.Yield();
                ExecResult exit = await process.StopAsync(TimeSpan.Zero);
                bool dead = !Directory.Exists("/proc/" + line) || File.ReadAllText($"/proc/{line}/stat").Contains(") Z");
                Console.WriteLine($"{level} {exit.Mechanism}, dead: {dead}, folder: {Directory.Exists(state.Info.Home)}");
            }
            Console.WriteLine(Directory.GetDirectories(Path.GetTempPath(), "state-*", SearchOption.AllDirectories).Length);
            """;
}
