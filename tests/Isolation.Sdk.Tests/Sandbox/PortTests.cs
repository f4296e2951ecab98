using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>A leased port is nobody else's (P07).</summary>
public sealed class PortTests
{
    [IsolationFact]
    public void Two_workers_never_get_the_same_port_and_a_given_back_port_is_free()
    {
        using TempFolder folder = new();
        PortPool pool = new(folder.Path, 29_990, 2);

        using PortLease one = pool.Take();
        PortLease two = pool.Take();
        IsolationException none = Assert.Throws<IsolationException>(pool.Take);
        two.Dispose();
        using PortLease again = new PortPool(folder.Path, 29_990, 2).Take();

        Assert.NotEqual(one.Port, two.Port);
        Assert.Equal(SandboxCodes.NoPort, none.Code);
        Assert.Equal(two.Port, again.Port);
    }

    [IsolationTheory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    public void A_port_that_somebody_listens_on_is_not_given_out(string address)
    {
        using TempFolder folder = new();
        using TcpListener listener = new(IPAddress.Parse(address), 0);
        listener.Start();
        int taken = ((IPEndPoint)listener.LocalEndpoint).Port;

        Assert.NotEqual(taken, new PortPool(folder.Path, taken, 20).Take().Port);
        Assert.Throws<IsolationException>(() => new PortPool(folder.Path, taken, 1).Take());
    }

    [IsolationFact(Tools.Linux, "flock")]
    public async Task A_port_of_a_killed_process_is_free_again()
    {
        using TempFolder folder = new();
        PortPool pool = new(folder.Path, 29_998, 1);
        using Process holder = Process.Start(
            new ProcessStartInfo(
                "flock",
                [
                    "--no-fork",
                    "--exclusive",
                    Path.Combine(folder.Path, "29998.lock"),
                    "sh",
                    "-c",
                    "echo held; exec sleep 1201",
                ]
            )
            {
                RedirectStandardOutput = true,
            }
        )!;
        Assert.Equal("held", await holder.StandardOutput.ReadLineAsync());
        Assert.Throws<IsolationException>(pool.Take);

        holder.Kill();
        await holder.WaitForExitAsync();

        using PortLease free = pool.Take();
        Assert.Equal(29_998, free.Port);
    }

    [IsolationFact(Tools.Linux)]
    public void A_folder_that_is_a_link_is_not_believed_to_be_ones_own()
    {
        using TempFolder folder = new();
        string link = Path.Combine(folder.Path, "link");
        File.CreateSymbolicLink(link, folder.Path);

        IsolationException refused = Assert.Throws<IsolationException>(() => ScopeFolders.EnsureOwn(link));

        Assert.Equal(SandboxCodes.OwnFolder, refused.Code);
    }

    private sealed class TempFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("iso-ports-").FullName;

        public void Dispose() => Isolation.Sdk.Platform.SafeDelete.DeleteTree(Path);
    }
}
