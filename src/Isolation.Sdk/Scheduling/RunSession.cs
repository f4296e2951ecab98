using Isolation.Sdk.Attempts;
using Isolation.Sdk.Composition;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Scheduling;

/// <summary>
/// What one run holds: the dispatchers with their host, and what the run knows of the attempts that they carry out.
/// </summary>
internal sealed class RunSession : IAsyncDisposable
{
    private readonly WorkerNode _node;
    private readonly Lock _gate = new();
    private Task<IReadOnlyList<DispatchedAttempt>>? _left;

    public RunSession(PipelinePlan plan, GitRepository repository, WorkerEventHub events, IWorkTracker tracker)
    {
        (Plan, Repository, Events) = (plan, repository, events);
        WorkerPlan workers = plan.Worker;
        Directory = workers.Directory ?? WorkersDirectory.Beside(repository.CommonDirectory);
        Host = new DispatchHost(repository, plan.TargetRef, events, tracker, Directory, workers.Time)
        {
            OnEvent = OnEvent,
        };
        Workers = new WorkerSession(workers, repository, Host, events.Secrets);
        _node = new WorkerNode(Environment.MachineName, workers.Options.StopGrace, workers.Time, Workers.RunAsync);
        Dispatcher = plan
            .Settings.Dispatchers.AsEnumerable()
            .Reverse()
            .Aggregate((IWorkerDispatcher)_node, (inner, wrap) => wrap(inner, Host));
        Issuer = new AttemptIssuer(repository);
        Handoffs = new HandoffStore(repository);
        Forecaster = new Forecaster(this, workers.Loggers.CreateLogger("Isolation.Sdk"));
    }

    public PipelinePlan Plan { get; }

    public GitRepository Repository { get; }

    public WorkerEventHub Events { get; }

    /// <summary>Where attempts run; the pipeline knows no dispatcher by name.</summary>
    public IWorkerDispatcher Dispatcher { get; }

    public DispatchHost Host { get; }

    /// <summary>What attempts of this process share.</summary>
    public WorkerSession Workers { get; }

    public AttemptIssuer Issuer { get; }

    public HandoffStore Handoffs { get; }

    /// <summary>The attempts whose runner runs, wherever that is.</summary>
    public RunningAttempts Running { get; } = new();

    public Forecaster Forecaster { get; }

    public WorkersDirectory Directory { get; }

    /// <summary>The activity that started the run.</summary>
    public string? TraceParent { get; init; }

    /// <summary>
    /// The attempt of an item that another coordinator left running; <see langword="null"/> if there is none.
    /// </summary>
    public async Task<DispatchedAttempt?> FindRunningAsync(WorkClaim claim, CancellationToken cancellationToken)
    {
        if (claim.Running is { } running)
        {
            return (await ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(d => d.Attempt == running);
        }

        // A tracker that began anew knows of none. A ref that is still at its base says that this repository issued it.
        Task<IReadOnlyList<DispatchedAttempt>> left;
        lock (_gate)
        {
            left = _left is null or { IsFaulted: true } ? _left = ListAsync(CancellationToken.None) : _left;
        }

        return claim.ResumeToken is not null
            ? null
            : (await left.WaitAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(d =>
                d.Attempt.Item == claim.Item.Id && Issuer.PinnedBy(d.Attempt) == d.BaseCommit
            );
    }

    /// <summary>An assignment with what a machine elsewhere has to know, too.</summary>
    public WorkerAssignment Complete(WorkerAssignment assignment) =>
        assignment with
        {
            RepositoryName = Path.GetFileName(Path.TrimEndingDirectorySeparator(Repository.Reference.Path)),
            ObjectFormat = Repository.ObjectFormat,
            Target = Plan.Settings.Target,
            Runner = Plan.Settings.RunnerName,
            MinimumLevel = Plan.Settings.Level,
            TraceParent = TraceParent,
        };

    /// <summary>The notes of everything an item was blocked by.</summary>
    public async Task<IReadOnlyList<Handoff>> ReadHandoffsAsync(WorkItem item, CancellationToken cancellationToken)
    {
        List<Handoff> notes = [];
        foreach (string blocker in item.BlockedBy)
        {
            notes.AddRange(await Handoffs.ReadAsync(blocker, cancellationToken).ConfigureAwait(false));
        }

        return notes;
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync().ConfigureAwait(false);
        Workers.Dispose();
        Forecaster.Dispose();
    }

    private async Task<IReadOnlyList<DispatchedAttempt>> ListAsync(CancellationToken cancellationToken)
    {
        List<DispatchedAttempt> all = [];
        await foreach (DispatchedAttempt dispatched in Dispatcher.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            all.Add(dispatched);
        }

        return all;
    }

    private void OnEvent(WorkerAssignment assignment, WorkerEvent workerEvent)
    {
        if (workerEvent is { Kind: WorkerEventKind.Stage, Stage: Stage.Run })
        {
            RunningAttempt running = new(
                assignment.Attempt,
                assignment.Item,
                assignment.BaseCommit,
                workerEvent.Branch
            );
            Running.Add(running);
            Forecaster.OnStarted(running);
        }
        else if (workerEvent is { Kind: WorkerEventKind.Stage })
        {
            Running.Remove(assignment.Attempt);
        }
    }
}
