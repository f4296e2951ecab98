using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging;

/// <summary>A refinery on a real repository whose gate is in the hands of the test. Items are named by one word, and
/// change a file of that name unless told otherwise.</summary>
internal sealed class RefineryFixture : IAsyncDisposable
{
    private RefineryFixture(QueueFixture bench) => Fixture = bench;

    public QueueFixture Fixture { get; }

    public ControlledGate Gate { get; } = new();

    public IMergeQueue Queue { get; private set; } = null!;

    /// <summary>Opens a refinery, paused: what is submitted waits until <see cref="GoAsync"/>.</summary>
    public static async Task<RefineryFixture> CreateAsync(Action<MergeQueueOptions>? configure = null)
    {
        RefineryFixture bench = new(await QueueFixture.CreateAsync(("a.txt", "a\n")));
        await bench.OpenAsync(configure);
        await bench.Queue.PauseAsync("for the test");
        return bench;
    }

    public static AttemptId Of(string item) => new(item, 1);

    public async Task OpenAsync(Action<MergeQueueOptions>? configure = null)
    {
        IMergeStrategy strategy = MergeStrategies.Refinery(
            o =>
            {
                o.Gates.Add("hand", Gate.TestAsync);
                o.MaxConcurrency = 2;
                o.BatchSize = 1;
                configure?.Invoke(o);
            },
            new ProcessSandbox(new ProcessSandboxOptions())
        );
        Queue = await strategy.OpenAsync(Fixture.Target);
    }

    public async Task<Capture> SubmitAsync(
        string item,
        string? path = null,
        string content = "x\n",
        Func<MergeRequest, MergeRequest>? change = null
    )
    {
        Capture work = await Fixture.WorkAsync(null, (path ?? item + ".txt", content));
        MergeRequest request = new(Of(item), work);
        await Queue.SubmitAsync(change?.Invoke(request) ?? request);
        return work;
    }

    public ValueTask GoAsync() => Queue.ResumeAsync();

    public Task<MergeStatus> EndAsync(string item) => QueueFixture.EndAsync(Queue, Of(item));

    public Task<MergeStatus> UntilAsync(string item, Func<MergeStatus, bool> reached) =>
        QueueFixture.UntilAsync(Queue, Of(item), reached);

    /// <summary>The items that landed, oldest first.</summary>
    public Task<string> LandedAsync() =>
        Fixture.GitAsync(
            "log",
            "--first-parent",
            "--reverse",
            "--format=%(trailers:key=Isolation-Item,valueonly,separator=)",
            "main..target"
        );

    public async ValueTask DisposeAsync()
    {
        await Queue.DisposeAsync();
        await Fixture.DisposeAsync();
    }
}
