using Isolation.Sdk.Attempts;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Scheduling;

// Where the attempts of one run are carried out, and where what their workers say comes back.
internal sealed class RunSession : IAsyncDisposable
{
    private readonly IAsyncDisposable _node;

    public RunSession(PipelinePlan plan, GitRepository repository, WorkerEventHub events, IWorkTracker tracker)
    {
        (Plan, Repository, Events) = (plan, repository, events);
        Directory = plan.Workers.Directory ?? WorkersDirectory.Beside(repository.CommonDirectory);
        Host = new DispatchHost(repository, events, tracker, Directory, plan.Time);
        Workers = new WorkerSession(plan.Workers, repository, Host, events.Secrets);
        WorkerNode node = new(plan.Options.StopGrace, plan.Time, Workers.RunAsync, EndWorkersAsync);
        _node = node;
        Dispatcher = plan
            .Settings.Dispatchers.Reverse()
            .Aggregate((IWorkerDispatcher)node, (inner, wrap) => wrap(inner, Host));
    }

    public PipelinePlan Plan { get; }

    public GitRepository Repository { get; }

    public WorkerEventHub Events { get; }

    public IWorkerDispatcher Dispatcher { get; }

    public DispatchHost Host { get; }

    public WorkerSession Workers { get; }

    public WorkersDirectory Directory { get; }

    public string? TraceParent { get; init; }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    private ValueTask EndWorkersAsync()
    {
        Workers.Dispose();
        return ValueTask.CompletedTask;
    }
}
