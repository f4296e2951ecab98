using System.Diagnostics;
using System.Threading.Channels;
using Isolation.Sdk.Attempts;
using Isolation.Sdk.Composition;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Git;
using Isolation.Sdk.Guard;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tracking;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Scheduling;

/// <summary>What all workers of one run have in common, none of it theirs to change.</summary>
internal sealed class RunSession : IDisposable
{
    public RunSession(PipelinePlan plan, GitRepository repository, WorkerEventHub events, IWorkTracker tracker)
    {
        Plan = plan;
        Repository = repository;
        Events = events;
        Tracker = tracker;
        Folder = plan.Settings.WorkersDirectory is { } root
            ? new WorkersDirectory(root)
            : WorkersDirectory.Beside(repository.CommonDirectory);
        Leases = new LeaseStore(repository.CommonDirectory, repository.Reference, plan.Services.Time);
        Guard = new ContaminationGuard(
            repository,
            Leases,
            Folder,
            new GuardOptions(plan.TargetRef, plan.Settings.WatchesCheckout, plan.Settings.RestoresContaminated),
            plan.Services.Time
        );
        Host = plan.Settings.RunsInProcess ? new HostProcessMonitor(HostProcessFacts.Read) : null;
        Checklist = new IsolationChecklist(repository);
        Issuer = new AttemptIssuer(repository);
        Resilience = new AttemptResilience(plan);
        Handoffs = new HandoffStore(repository);
        Forecaster = new Forecaster(this, plan.Services.Loggers.CreateLogger("Isolation.Sdk"));
    }

    public PipelinePlan Plan { get; }

    public GitRepository Repository { get; }

    public WorkerEventHub Events { get; }

    public IWorkTracker Tracker { get; }

    public WorkersDirectory Folder { get; }

    public LeaseStore Leases { get; }

    public ContaminationGuard Guard { get; }

    /// <summary>Watches this process where workers are code of it.</summary>
    public HostProcessMonitor? Host { get; }

    public IsolationChecklist Checklist { get; }

    public AttemptIssuer Issuer { get; }

    public AttemptResilience Resilience { get; }

    public HandoffStore Handoffs { get; }

    public RunningAttempts Flights { get; } = new();

    public Forecaster Forecaster { get; }

    /// <summary>Whose turn it is to be measured on the disk.</summary>
    public SemaphoreSlim DiskTurns { get; } = new(1);

    /// <summary>A runner is about to run.</summary>
    public void Enter(RunningAttempt flight)
    {
        Flights.Add(flight);
        Forecaster.OnStarted(flight);
    }

    public WorkerServices OpenServices() => new(Plan.Services);

    /// <summary>Says that a worker entered a stage; the activity ends with it.</summary>
    public Activity? EnterStage(
        AttemptId attempt,
        Stage stage,
        string? branch,
        IReadOnlyDictionary<string, string>? data = null
    )
    {
        Events.Publish(
            new WorkerEvent(attempt, default, WorkerEventKind.Stage)
            {
                Stage = stage,
                Branch = branch,
                Data = data,
            }
        );
        return Telemetry.StartStage(attempt, stage);
    }

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

    public IsolatedWorker MakeWorker(
        WorkerAssignment assignment,
        WorkspaceInfo workspace,
        WorkerContext context,
        MonitoredScope state,
        IServiceProvider services,
        ChannelReader<WorkerMessage> inbox,
        CancellationToken stopping
    )
    {
        AttemptId attempt = assignment.Attempt;
        return new IsolatedWorker(
            new WorkerParts(assignment.Item, workspace, context, state, services, inbox)
            {
                OutputFile = Folder.OutputOf(attempt),
                Stopping = stopping,
                ResumeToken = assignment.ResumeToken,
                Report = Events.Publish,
                Sync = (mode, commit, token) =>
                    SyncAsync(attempt, new WorkspaceSync(Repository, workspace, state), mode, commit, token),
                Handoff = async (note, token) => await Handoffs.AppendAsync(attempt, note, token).ConfigureAwait(false),
                Comment = (kind, text, token) =>
                    Tracker.AppendAsync(
                        new HistoryEntry(
                            attempt.Item,
                            attempt,
                            Plan.Services.Time.GetUtcNow(),
                            kind,
                            Events.Secrets.Apply(text)
                        ),
                        token
                    ),
            }
        );
    }

    private async Task<SyncResult> SyncAsync(
        AttemptId attempt,
        WorkspaceSync sync,
        SyncMode mode,
        string? commit,
        CancellationToken cancellationToken
    )
    {
        // A clone knows nothing of branches here: the target goes by its commit.
        string target = commit
            ?? await Repository.TryResolveCommitAsync(Plan.TargetRef, cancellationToken).ConfigureAwait(false)
            ?? Plan.TargetRef;
        SyncResult result = await sync.RunAsync(mode, target, commit ?? Plan.Settings.Target, cancellationToken)
            .ConfigureAwait(false);
        Events.Publish(
            new WorkerEvent(attempt, default, WorkerEventKind.Progress)
            {
                Text =
                    $"Sync with {commit ?? Plan.Settings.Target}: {result.Outcome}{(result.Reason is null ? "" : $", {result.Reason}")}",
            }
        );
        return result;
    }

    /// <summary>From here on no event, log or status shows what this state keeps secret.</summary>
    public void Mask(StateInfo state)
    {
        foreach (EnvironmentEntry entry in state.Environment.Where(e => e.Secret))
        {
            Events.Secrets.Add(entry.Value);
        }
    }

    public void Dispose()
    {
        Guard.Dispose();
        Forecaster.Dispose();
    }
}
