using System.Diagnostics;
using System.Globalization;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Git;
using Isolation.Sdk.Guard;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Attempts;

// What one worker holds: its stages acquire it, the end of the attempt gives it back.
internal sealed class AttemptResources(WorkerSession session, WorkerAssignment assignment, AttemptRecord record)
{
    private readonly DiskUsageMeter _disk = new(session.Directory.For(assignment.Attempt), bytes =>
        session.Publish(
            new WorkerEvent(assignment.Attempt, default, WorkerEventKind.Activity)
            {
                Data = new Dictionary<string, string> { ["bytes"] = Number(bytes) },
            }
        )
    );

    public IWorkspace? Workspace { get; private set; }

    public IStateScope? State { get; private set; }

    public WorkerContext? Context { get; private set; }

    // What git captures there could be somebody else's files.
    public bool IsRedirected { get; private set; }

    private AttemptId Attempt => assignment.Attempt;

    public async Task AcquireAsync(AttemptLease lease, CancellationToken cancellationToken)
    {
        WorkerPlan plan = session.Plan;
        using (Enter(Stage.Workspace))
        {
            WorkspaceRequest request = new(lease, session.Repository.Reference, assignment.BaseCommit)
            {
                TargetRef = session.TargetRefOf(assignment),
                WorkersDirectory = session.Directory.Root,
                OnWaiting = why =>
                    session.Publish(new WorkerEvent(Attempt, default, WorkerEventKind.Blocked) { Text = why }),
            };
            Workspace = await plan.Workspaces.AcquireAsync(request, cancellationToken).ConfigureAwait(false);
            _disk.Begin(session.DiskTurns);
        }

        using (Enter(Stage.State))
        {
            StateRequest request = new(lease, session.Repository.Reference, Workspace.Info);
            State = await plan.Sandbox.OpenAsync(request, cancellationToken).ConfigureAwait(false);
            session.Mask(State.Info);
        }

        using (Enter(Stage.Setup))
        {
            Dictionary<string, string> values = PlaceholderTemplate.Values(
                Attempt,
                assignment.Item,
                Workspace.Info.Path,
                State.Info.Home,
                State.Info.Temp,
                State.Info.Ports
            );
            if (await plan.Setup.RunAsync(State, values, cancellationToken).ConfigureAwait(false) is { } failure)
            {
                throw new IsolationException(
                    AttemptCodes.SetupFailed,
                    failure,
                    "Run it by hand in a fresh checkout; SetupTimeout sets how long it may take."
                )
                {
                    Stage = Stage.Setup,
                };
            }
        }

        using (Enter(Stage.Context))
        {
            ContextRequest request = new(Attempt, assignment.Item, Workspace.Info, State.Info, assignment.Handoffs)
            {
                PreviousFailure = assignment.PreviousFailure,
                Conflict = assignment.Conflict,
            };
            Context = await plan.Contexts.CreateAsync(request, cancellationToken).ConfigureAwait(false);
            session.Checklist.Admit(
                new WorkerAllocation(Attempt, assignment.Item, Workspace.Info, State.Info, Context, assignment.Handoffs)
            );
            await VerifyAsync(Workspace.Info, State, cancellationToken).ConfigureAwait(false);
        }

        await session
            .Guard.EnterAsync(
                new MonitoredWorker(
                    Attempt,
                    Workspace.Info,
                    GitEnvironment.SettingsIn(State.Info.Environment.ToDictionary(e => e.Name, e => e.Value))
                ),
                cancellationToken
            )
            .ConfigureAwait(false);
        session.HostProcess?.Enter(Attempt);
        record.EndSetup();
    }

    private async Task VerifyAsync(WorkspaceInfo workspace, IStateScope state, CancellationToken cancellationToken)
    {
        try
        {
            bool untouched = session.Plan.Setup.Commands.Count == 0;
            await new WorkspaceVerifier(session.Repository)
                .VerifyAsync(workspace, state, untouched, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (IsolationException)
        {
            IsRedirected = true;
            throw;
        }
    }

    // Whether nothing is left that a lease would have to name.
    public async Task<bool> ReleaseAsync()
    {
        record.Bytes = await _disk.EndAsync().ConfigureAwait(false);
        using Activity? stage = Enter(Stage.Release, new() { ["bytes"] = Number(record.Bytes) });
        ReleaseMode mode =
            record.Contamination.Count > 0 ? ReleaseMode.Quarantine
            : record.Result is RunResult.Failed ? session.Plan.Options.OnFailure
            : ReleaseMode.KeepIfUnmerged;
        ReleaseMode ofState = mode is ReleaseMode.Quarantine or ReleaseMode.Keep ? mode : ReleaseMode.Remove;
        bool released = await TryReleaseAsync(State, ofState).ConfigureAwait(false);
        released &= await TryReleaseAsync(Workspace, mode).ConfigureAwait(false);
        session.Checklist.Dismiss(Attempt);
        return released && (Workspace is null || !Directory.Exists(Workspace.Info.Path));
    }

    public Activity? Enter(Stage stage, Dictionary<string, string>? data = null)
    {
        record.Stage = stage;
        return session.EnterStage(Attempt, stage, Workspace?.Info.Branch, data);
    }

    public static string Number(double value) => ((long)value).ToString(CultureInfo.InvariantCulture);

    private async Task<bool> TryReleaseAsync(IAttemptResource? resource, ReleaseMode mode)
    {
        try
        {
            if (resource is not null)
            {
                await resource.ReleaseAsync(mode, CancellationToken.None).ConfigureAwait(false);
            }

            return true;
        }
        catch (IsolationException e) when (e.Code == SandboxCodes.TeardownFailed)
        {
            // Everything is released all the same.
            record.Notices = [.. record.Notices, $"{e.Fault.Message} {e.Fault.Remedy}"];
            session.Publish(new WorkerEvent(Attempt, default, WorkerEventKind.Progress) { Text = e.Fault.Message });
            return true;
        }
        catch (Exception e)
        {
            session.Publish(
                new WorkerEvent(Attempt, default, WorkerEventKind.Progress)
                {
                    Text = $"Release is left to a later sweep: {e.Message}",
                }
            );
            return false;
        }
    }
}
