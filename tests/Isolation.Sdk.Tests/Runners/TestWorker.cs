using System.Collections.Concurrent;
using System.Threading.Channels;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Runners;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Runners;

/// <summary>A worker with a real scope, and a record of everything it said.</summary>
internal sealed class TestWorker : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _reported = new(0);
    private readonly Channel<WorkerMessage> _inbox = Channel.CreateUnbounded<WorkerMessage>();

    public TestWorker(string item = "auth-123", int number = 1, TestScope? scope = null, TimeSpan? stopGrace = null)
    {
        Scope = scope ?? new TestScope();
        AttemptId attempt = new(item, number);
        string briefing = Path.Combine(Scope.Info.Temp, "briefing.md");
        File.WriteAllText(briefing, "the briefing");
        Context = WorkerContext.Create(attempt, "the briefing", briefing, 3, 100);
        WorkspaceInfo workspace = new(
            Scope.Work,
            Path.Combine(Scope.Work, ".git"),
            "isolation/auth-123/1/work",
            new string('a', 40)
        );
        Worker = new IsolatedWorker(
            new WorkerParts(
                new WorkItem(item, "Add login") { Instructions = "Do it; $(touch /tmp/never) `x` \"y\"" },
                workspace,
                Context,
                Scope,
                new Services(),
                _inbox.Reader
            )
            {
                OutputFile = Path.Combine(Path.GetDirectoryName(Scope.Info.Home)!, "runner.out"),
                StopGrace = stopGrace ?? TimeSpan.FromSeconds(20),
                Stopping = _stopping.Token,
                ResumeToken = "resume-1",
                Report = e =>
                {
                    Events.Enqueue(e);
                    _reported.Release();
                },
                Sync = (_, _, _) => Task.FromResult(new SyncResult(SyncOutcome.UpToDate, "", "")),
                Handoff = (note, _) => Said("handoff", note),
                Comment = (kind, text, _) => Said(kind, text),
            }
        );
    }

    public IsolatedWorker Worker { get; }

    public WorkerContext Context { get; }

    public TestScope Scope { get; }

    public ConcurrentQueue<WorkerEvent> Events { get; } = new();

    public ConcurrentQueue<(string Kind, string Text)> History { get; } = new();

    public Task<RunResult> RunAsync(Func<IsolatedWorker, Task<RunResult>> run) =>
        WorkerFlow.RunAsync(Context.Lifetime, () => run(Worker));

    public Task<RunResult> RunAsync(IAgentRunner runner, CancellationToken cancellationToken = default) =>
        RunAsync(w => runner.RunAsync(w, cancellationToken));

    public void Say(string kind, string text) => _inbox.Writer.TryWrite(new WorkerMessage(kind, text));

    /// <summary>Completes once an event was reported.</summary>
    public async Task UntilAsync(Func<WorkerEvent, bool> happened)
    {
        while (!Events.Any(happened))
        {
            await _reported.WaitAsync();
        }
    }

    public void Stop() => _stopping.Cancel();

    public ValueTask DisposeAsync() => Scope.DisposeAsync();

    private ValueTask Said(string kind, string text)
    {
        History.Enqueue((kind, text));
        return ValueTask.CompletedTask;
    }

    private sealed class Services : IServiceProvider
    {
        public object? GetService(Type serviceType) => serviceType == typeof(string) ? "a service" : null;
    }
}
