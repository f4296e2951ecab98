using System.Diagnostics;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Git;
using Isolation.Sdk.Guard;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandbox;
using Microsoft.Extensions.Logging;
using Polly;

namespace Isolation.Sdk.Attempts;

// What the workers of one repository on one machine have in common: all that an attempt needs, and nothing of merging.
internal sealed class WorkerSession : IDisposable
{
    public WorkerSession(WorkerPlan plan, GitRepository repository, IWorkerHost host, SecretMasker? secrets = null)
    {
        (Plan, Repository, Host, Secrets) = (plan, repository, host, secrets ?? new SecretMasker());
        Directory = plan.Directory ?? WorkersDirectory.Beside(repository.CommonDirectory);
        Leases = new LeaseStore(repository.CommonDirectory, repository.Reference, plan.Time);
        Guard = new ContaminationGuard(repository, Leases.List, Directory, plan.TargetRef, plan.Guard, plan.Time);
        HostProcess = plan.RunsInProcess ? new HostProcessMonitor(HostProcessFacts.Read) : null;
        Checklist = new IsolationChecklist(repository);
        Logger = plan.Loggers.CreateLogger("Isolation.Sdk.Workers");
        ResiliencePipelineBuilder<RunResult> resilience = new() { TimeProvider = plan.Time };
        plan.Resilience?.Invoke(resilience);
        Resilience = resilience.Build();
    }

    public WorkerPlan Plan { get; }

    public GitRepository Repository { get; }

    public IWorkerHost Host { get; }

    public SecretMasker Secrets { get; }

    public WorkersDirectory Directory { get; }

    public LeaseStore Leases { get; }

    public ContaminationGuard Guard { get; }

    public HostProcessMonitor? HostProcess { get; }

    public IsolationChecklist Checklist { get; }

    // All attempts share what the host's strategies remember.
    public ResiliencePipeline<RunResult> Resilience { get; }

    public ILogger Logger { get; }

    public SemaphoreSlim DiskTurns { get; } = new(1);

    public Task<AttemptReport> RunAsync(WorkerNode.Execution execution)
    {
        WorkerAssignment assignment = execution.Assignment;
        string[] missing = [.. assignment.Requires.Except(Plan.Labels, StringComparer.Ordinal)];
        string? lack =
            missing.Length > 0 ? $"it has no {string.Join(", ", missing)}"
            : assignment.MinimumLevel > Plan.Level ? $"its level is {Plan.Level}, below {assignment.MinimumLevel}"
            : !Plan.Runners.ContainsKey(assignment.Runner ?? "") ? $"it has no runner '{assignment.Runner}'"
            : null;
        return lack is null
            ? new AttemptRun(this, assignment, execution.Inbox.Reader, execution.Stop).RunAsync()
            : throw new IsolationException(
                DispatchingCodes.Unsuitable,
                $"{Environment.MachineName} cannot carry out {assignment.Attempt}: {lack}.",
                "Send it to another machine, or configure this one: AddLabels, UseLevel, AddRunner."
            )
            {
                Attempt = assignment.Attempt,
            };
    }

    public string TargetRefOf(WorkerAssignment assignment) =>
        Plan.TargetRef.Length > 0 && assignment.Target is { } target ? RefNames.OfBranch(target) : Plan.TargetRef;

    public void Publish(WorkerEvent workerEvent) =>
        Host.Publish(
            workerEvent with
            {
                Phase = Mask(workerEvent.Phase),
                Text = Mask(workerEvent.Text),
                Data = workerEvent.Data?.ToDictionary(d => d.Key, d => Secrets.Apply(d.Value), StringComparer.Ordinal),
            }
        );

    public Activity? EnterStage(
        AttemptId attempt,
        Stage stage,
        string? branch,
        IReadOnlyDictionary<string, string>? data = null
    )
    {
        Publish(
            new WorkerEvent(attempt, default, WorkerEventKind.Stage)
            {
                Stage = stage,
                Branch = branch,
                Data = data,
            }
        );
        return Telemetry.StartStage(attempt, stage);
    }

    public void Mask(StateInfo state)
    {
        foreach (EnvironmentEntry entry in state.Environment.Where(e => e.Secret))
        {
            Secrets.Add(entry.Value);
        }
    }

    public void Dispose()
    {
        Guard.Dispose();
        DiskTurns.Dispose();
    }

    private string? Mask(string? text) => text is null ? null : Secrets.Apply(text);
}
