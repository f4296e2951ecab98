using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>Two workers, and one that tries to reach the other. Every probe prints LEAK when it got through, and
/// nothing but that word decides.</summary>
internal sealed class ConfinementProbe(Func<IProcessConfinement?> seal)
{
    private const string Secret = "planted-secret";

    // $1 the other's workspace, $2 its process, $3 the host's home, $4 a TCP port, $5 an abstract socket, $6 a file in
    // /dev/shm, $7 a shared memory segment, $8 a UDP port.
    private static readonly Dictionary<string, string> Scripts = new()
    {
        ["write sibling"] = "echo x >> $1/secret && echo LEAK",
        ["read sibling"] = "grep -q planted $1/secret && echo LEAK",
        ["list sibling"] = "ls $1 | grep -q secret && echo LEAK",
        ["change sibling's mode"] = "chmod 640 $1/secret && echo LEAK",
        ["write home"] = "echo x > $3/new && echo LEAK",
        ["read home"] = "grep -q planted $3/secret && echo LEAK",
        ["environment"] = "tr '\\0' '\\n' < /proc/$2/environ | grep -q planted && echo LEAK",
        ["trace"] =
            """perl -e '$n = `uname -m` =~ /x86_64/ ? 101 : 117; if (syscall($n, 16, $ARGV[0] + 0, 0, 0) """
            + """== 0) { waitpid(-1, 0x40000000); syscall($n, 17, $ARGV[0] + 0, 0, 0); print "LEAK\n" }' $2""",
        ["memory"] = "head -c 0 /proc/$2/mem && echo LEAK",
        ["signal"] = "kill -0 $2 && echo LEAK",
        ["priority"] = "renice -n 1 -p $2 && echo LEAK",
        ["limits"] = "prlimit --pid $2 --core=0:0 && echo LEAK",
        ["tcp"] =
            """perl -MIO::Socket::INET -e 'print "LEAK\n" if IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0], Proto => "tcp", Timeout => 20)' $4""",
        ["tcp listen"] =
            """perl -MIO::Socket::INET -e 'print "LEAK\n" if IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1, Proto => "tcp", ReuseAddr => 1, LocalPort => 0)'""",
        ["udp"] =
            """perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0], Proto => "udp") or exit; $s->send("x") and $s->recv($a, 1) // exit; print "LEAK\n" if length $a' $8""",
        ["abstract socket"] =
            """perl -MSocket -e 'socket($s, AF_UNIX, SOCK_STREAM, 0); print "LEAK\n" if connect($s, """
            + """pack("S a*", AF_UNIX, "\0$ARGV[0]"))' $5""",
        ["path socket"] =
            """perl -MSocket -e 'socket($s, AF_UNIX, SOCK_STREAM, 0); print "LEAK\n" if connect($s, """
            + """pack_sockaddr_un("$ARGV[0]/socket"))' $3""",
        ["shared memory"] = "grep -q planted /dev/shm/$6 && echo LEAK",
        ["System V memory"] = """perl -e 'shmread($ARGV[0], $a, 0, 7) and $a eq "planted" and print "LEAK\n"' $7""",
        ["process list"] = "ls /proc/$2/status && echo LEAK",
        ["namespaces"] = "unshare -Urm true && echo LEAK",
    };

    public static IEnumerable<string> Names => Scripts.Keys;

    public async Task<bool> LeaksAsync(string probe)
    {
        await using SandboxFixture sandbox = new();
        ProcessSandbox axis = sandbox.Create(confinement: seal());
        IStateScope victim = await sandbox.OpenAsync(axis),
            worker = await sandbox.OpenAsync(axis);
        string work = sandbox.Workers.WorkspaceOf(new AttemptId("item", 1));
        await File.WriteAllTextAsync(Path.Combine(work, "secret"), Secret);
        await File.WriteAllTextAsync(Path.Combine(sandbox.HostHome, "secret"), Secret);
        await using IWorkerProcess process = await victim.StartAsync(
            WorkerCommand.Of("sleep", "1021") with
            {
                Environment = new Dictionary<string, string> { ["TOKEN"] = Secret },
            }
        );
        string name = "iso-probe-" + Guid.NewGuid().ToString("n");
        using TcpListener tcp = new(IPAddress.Loopback, 0);
        tcp.Start();
        using UdpClient udp = new(new IPEndPoint(IPAddress.Loopback, 0));
        using CancellationTokenSource over = new();
        Task echo = EchoAsync(udp, over.Token);
        using Socket hidden = Listen("\0" + name),
            visible = Listen(Path.Combine(sandbox.HostHome, "socket"));
        string shared = Path.Combine("/dev/shm", name);
        await File.WriteAllTextAsync(shared, Secret);
        string segment = Perl("""$i = shmget(0, 64, 0600 | 01000) // die; shmwrite($i, "planted", 0, 7); print $i""");
        try
        {
            string[] arguments =
            [
                work,
                Text(process.Id),
                sandbox.HostHome,
                Text(((IPEndPoint)tcp.LocalEndpoint).Port),
                name,
                name,
                segment,
                Text(((IPEndPoint)udp.Client.LocalEndPoint!).Port),
            ];
            ExecResult result = await worker.ExecAsync(
                WorkerCommand.Of("sh", ["-c", Scripts[probe], "sh", .. arguments])
            );
            return result.Output.Split('\n').Contains("LEAK");
        }
        finally
        {
            Perl($"shmctl({segment}, 0, 0)");
            File.Delete(shared);
            await over.CancelAsync();
            await echo;
        }
    }

    /// <summary>What a plain process of the host's says.</summary>
    private static string Perl(string script)
    {
        using Process process = Process.Start(
            new ProcessStartInfo("perl", ["-e", script]) { RedirectStandardOutput = true }
        )!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return said;
    }

    private static async Task EchoAsync(UdpClient udp, CancellationToken over)
    {
        try
        {
            UdpReceiveResult got = await udp.ReceiveAsync(over);
            await udp.SendAsync(Encoding.ASCII.GetBytes("y"), got.RemoteEndPoint, over);
        }
        catch (OperationCanceledException) { }
    }

    private static Socket Listen(string name)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(name));
        socket.Listen(8);
        return socket;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
