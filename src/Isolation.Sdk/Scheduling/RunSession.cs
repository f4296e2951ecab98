using Isolation.Sdk.Attempts;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Scheduling;

/// <summary>Where the attempts of one run are carried out, and where what their workers say comes back.</summary>
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

    /// <summary>Where attempts run; the pipeline knows no dispatcher by name.</summary>
    public IWorkerDispatcher Dispatcher { get; }

    public DispatchHost Host { get; }

    /// <summary>What attempts of this process share.</summary>
    public WorkerSession Workers { get; }

    public WorkersDirectory Directory { get; }

    /// <summary>The activity that started the run.</summary>
    public string? TraceParent { get; init; }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    private ValueTask EndWorkersAsync()
    {
        Workers.Dispose();
        return ValueTask.CompletedTask;
    }
}
