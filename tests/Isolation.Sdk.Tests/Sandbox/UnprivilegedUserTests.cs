using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>Restricted and sealed processes need no rights: all of it as an ordinary user, in a host program of its
/// own.</summary>
public sealed class UnprivilegedUserTests
{
    private const string Tries = """
        string work = args[0];
        foreach (SandboxLevel level in Enum.GetValues<SandboxLevel>())
        {
        Directory.CreateDirectory(work + "/a"); Directory.CreateDirectory(work + "/b");
        File.WriteAllText(work + "/a/secret", "planted\n");
        await using IStateScope a = await IsolatedState.OpenAsync(work + "/a", level), b = await IsolatedState.OpenAsync(work + "/b", level);
        await using IWorkerProcess victim = await a.StartAsync(WorkerCommand.Of("sleep", "1031") with { Environment = new Dictionary<string, string> { ["TOKEN"] = "planted" } });
        System.Net.Sockets.TcpListener tcp = new(System.Net.IPAddress.Loopback, 0);
        tcp.Start();
        string script = "[ $4 = Cooperative ] || kill -9 $PPID; echo x > own && echo own; cat $1/secret; echo x >> $1/secret && echo wrote; grep -a planted /proc/$2/environ; kill -0 $2 && echo killed; bash -c \"exec 3<>/dev/tcp/127.0.0.1/$3\" && echo met; unshare -Urm true && echo unshared; grep NoNewPrivs /proc/self/status";
        ExecResult said = await b.ExecAsync(WorkerCommand.Of("sh", "-c", script, "sh", work + "/a", victim.Id.ToString(), ((System.Net.IPEndPoint)tcp.LocalEndpoint).Port.ToString(), level.ToString()));
        Console.WriteLine(level);
        Console.Write(said.Output);
        Console.WriteLine(Directory.GetDirectories("/proc/self/task").Count(t => File.ReadAllText(t + "/status").Contains("NoNewPrivs:\t1")));
        }
        """;

    private const string ForksOnAndOn = """
        foreach (SandboxLevel level in Enum.GetValues<SandboxLevel>())
        {
        await using IStateScope state = await IsolatedState.OpenAsync(args[0], level, o => (o.Limits.MaxProcesses, o.Limits.MaxMemoryBytes, o.Limits.CpuShare) = (20, 1L << 30, 50));
        ExecResult said = await state.ExecAsync(WorkerCommand.Of("sh", "-c", "i=0; while test $i -lt 60; do sleep 1033 & i=$((i+1)); done; wait"));
        Console.WriteLine($"{level} {said.Limit} {Directory.GetDirectories("/proc").Count(p => { try { return File.ReadAllText(p + "/cmdline") == "sleep\01033\0"; } catch (IOException) { return false; } catch (UnauthorizedAccessException) { return false; } })}");
        }
        """;

    [IsolationFact(Tools.Landlock, Tools.Bubblewrap, Tools.Root, "setpriv")]
    public async Task An_ordinary_user_holds_workers_to_limits()
    {
        using TestHost host = new(ForksOnAndOn);

        string said = await host.RunAsync(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]);

        Assert.Equal("Cooperative MaxProcesses 0\nRestricted MaxProcesses 0\nSealed MaxProcesses 0", said);
    }

    [IsolationFact(Tools.Landlock, Tools.Bubblewrap, Tools.Root, "setpriv", "bash")]
    public async Task An_ordinary_user_restricts_and_seals_what_gets_through_in_ordinary_processes()
    {
        using TestHost host = new(Tries);

        string said = await host.RunAsync(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]);

        string[] levels = said.Split("Restricted\n");
        Assert.Contains("own\nplanted\nwrote\n", levels[0]);
        Assert.Contains("killed\nmet\n", levels[0]);
        Assert.Equal("own\nNoNewPrivs:\t1\n0\nSealed\nown\nNoNewPrivs:\t1\n0", levels[1]);
    }
}
