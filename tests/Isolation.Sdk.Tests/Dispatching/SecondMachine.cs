using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Stress;

namespace Isolation.Sdk.Tests.Dispatching;

/// <summary>A coordinator's repository, a bare one that commits travel through, and nodes: other processes, in other
/// clones.</summary>
internal sealed class SecondMachine : IAsyncDisposable
{
    private readonly Dictionary<string, HostProcess> _nodes = [];

    private SecondMachine(PipelineFixture fixture) => Fixture = fixture;

    public PipelineFixture Fixture { get; }

    public string Hub => Path.Combine(Fixture.Repository.Root, "hub.git");

    /// <summary>The dispatcher of the newest run.</summary>
    public NodeDispatcher? Dispatcher { get; private set; }

    public IReadOnlyList<string> Sockets => [.. _nodes.Keys.Select(SocketOf)];

    public static async Task<SecondMachine> CreateAsync(string? lie = null, params string[] nodes)
    {
        SecondMachine machine = new(await PipelineFixture.CreateAsync());
        await machine.Fixture.GitAsync("init", "-q", "--bare", "-b", "main", machine.Hub);
        await machine.Fixture.GitAsync("remote", "add", "hub", machine.Hub);
        await machine.Fixture.GitAsync("push", "-q", "hub", "main");
        foreach (string node in nodes.Length == 0 ? ["node-1"] : nodes)
        {
            await ThrowawayRepository.GitInAsync(
                machine.Fixture.Repository.Root,
                ["clone", "-q", machine.Hub, machine.CloneOf(node)]
            );
            await machine.StartAsync(node, lie);
        }

        return machine;
    }

    public string CloneOf(string node) => Path.Combine(Fixture.Repository.Root, node);

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

    public IsolationPipelineBuilder Compose(Action<IsolationOptions>? options = null) =>
        Fixture
            .Compose(options)
            .UseRunner("script")
            .UseDispatcher((_, host) => Dispatcher = new NodeDispatcher(host, Sockets));

    public static WorkItem Item(string id, string script, params string[] blockedBy) =>
        new(id, $"Do {id}") { Instructions = script, BlockedBy = blockedBy };

    /// <summary>A script that commits one file.</summary>
    public static string Commit(string file, string content) =>
        $"echo '{content}' > {file} && git add -A && git commit -qm 'Write {file}'";

    public async Task<IsolationSummary> RunAsync(params WorkItem[] items)
    {
        await using IsolationPipeline pipeline = Compose().Build();
        await using IsolationRun run = pipeline.Start(items);
        return await run.Completion;
    }

    public async ValueTask DisposeAsync()
    {
        Dispatcher?.Dispose();
        foreach (HostProcess node in _nodes.Values)
        {
            if (!node.HasExited)
            {
                await node.KillAsync();
            }

            await node.DisposeAsync();
        }

        await Fixture.DisposeAsync();
    }

    private string SocketOf(string node) => Path.Combine(Fixture.Repository.Root, $"{node}.sock");
}
