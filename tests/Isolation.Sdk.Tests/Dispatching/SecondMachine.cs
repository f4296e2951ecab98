using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Dispatching;

/// <summary>A coordinator and its nodes.</summary>
internal sealed class SecondMachine : IAsyncDisposable
{
    private SecondMachine(PipelineFixture fixture, NodeCluster nodes) => (Fixture, Nodes) = (fixture, nodes);

    public PipelineFixture Fixture { get; }

    public NodeCluster Nodes { get; }

    /// <summary>The dispatcher of the newest run.</summary>
    public NodeDispatcher? Dispatcher { get; private set; }

    public static async Task<SecondMachine> CreateAsync(string? lie = null, params string[] nodes)
    {
        PipelineFixture fixture = await PipelineFixture.CreateAsync();
        return new(fixture, await NodeCluster.CreateAsync(fixture.Repository, lie, nodes));
    }

    public IsolationPipelineBuilder Compose(Action<IsolationOptions>? options = null) =>
        Fixture
            .Compose(options)
            .UseRunner("script")
            .UseDispatcher((_, host) => Dispatcher = new NodeDispatcher(host, Nodes.Sockets));

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
        await Nodes.DisposeAsync();
        await Fixture.DisposeAsync();
    }
}
