using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Stress;

namespace Isolation.Sdk.Tests.Dispatching;

/// <summary>Nodes of one repository: other processes, in other clones, and the bare one that commits travel
/// through.</summary>
internal sealed class NodeCluster : IAsyncDisposable
{
    private readonly Dictionary<string, HostProcess> _nodes = [];
    private readonly ThrowawayRepository _repository;

    private NodeCluster(ThrowawayRepository repository) => _repository = repository;

    public string Hub => Path.Combine(_repository.Root, "hub.git");

    public IReadOnlyList<string> Sockets => [.. _nodes.Keys.Select(SocketOf)];

    public static async Task<NodeCluster> CreateAsync(
        ThrowawayRepository repository,
        string? lie = null,
        params string[] nodes
    )
    {
        NodeCluster cluster = new(repository);
        await repository.GitAsync(["init", "-q", "--bare", "-b", "main", cluster.Hub]);
        await repository.GitAsync(["remote", "add", "hub", cluster.Hub]);
        await repository.GitAsync(["push", "-q", "hub", "main"]);
        foreach (string node in nodes.Length == 0 ? ["node-1"] : nodes)
        {
            await ThrowawayRepository.GitInAsync(repository.Root, ["clone", "-q", cluster.Hub, cluster.CloneOf(node)]);
            await cluster.StartAsync(node, lie);
        }

        return cluster;
    }

    public string CloneOf(string node) => Path.Combine(_repository.Root, node);

    /// <summary>Starts a node, or one that died, in its clone.</summary>
    public async Task StartAsync(string node, string? lie = null)
    {
        File.Delete(SocketOf(node));
        HostProcess process = HostProcess.Start();
        _nodes[node] = process;
        await process.SendAsync(
            new HostRequest(CloneOf(node))
            {
                Node = new NodeRequest(node, SocketOf(node)) { Lie = lie, Labels = ["gpu"] },
            }
        );
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        while (!File.Exists(SocketOf(node)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token);
        }
    }

    public Task KillAsync(string node) => _nodes[node].KillAsync();

    /// <summary>Stops or continues a node's process, as a machine that hangs.</summary>
    public async Task SignalAsync(string node, string signal)
    {
        using System.Diagnostics.Process kill = System.Diagnostics.Process.Start(
            "kill",
            [signal, _nodes[node].Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]
        );
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (HostProcess node in _nodes.Values)
        {
            if (!node.HasExited)
            {
                await node.KillAsync();
            }

            await node.DisposeAsync();
        }
    }

    private string SocketOf(string node) => Path.Combine(_repository.Root, $"{node}.sock");
}
