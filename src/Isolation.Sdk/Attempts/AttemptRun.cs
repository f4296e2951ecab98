using System.Diagnostics;
using System.Threading.Channels;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Guard;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tracking;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.DependencyInjection;

namespace Isolation.Sdk.Attempts;

/// <summary>The story of one worker, from its lease to its report. What a stage acquires, the end of the story gives
/// back, whatever happens between.</summary>
internal sealed class AttemptRun(
    WorkerSession session,
    WorkerAssignment assignment,
    ChannelReader<WorkerMessage> inbox,
    WorkerStopSource stop
)
{
    private readonly WorkerPlan _plan = session.Plan;
    private readonly AttemptRecord _record = new(session.Plan.Time);
    private readonly AttemptReporter _reporter = new(session, assignment, stop);
    private readonly DiskUsageMeter _disk = new(session.Directory.For(assignment.Attempt), bytes =>
        session.Publish(
            new WorkerEvent(assignment.Attempt, default, WorkerEventKind.Activity)
            {
                Data = new Dictionary<string, string> { ["bytes"] = Number(bytes) },
            }
        )
    );
    private IWorkspace? _workspace;
    private IStateScope? _state;
    private WorkerContext? _context;
    private bool _ran;

    private AttemptId Attempt => assignment.Attempt;

    private TimeSpan Limit => assignment.TimeLimit ?? _plan.Options.AttemptTimeout;

    public async Task<AttemptReport> RunAsync()
    {
        using AttemptLease lease = session.Leases.Create(Attempt);
        using CancellationTokenSource now = CancellationTokenSource.CreateLinkedTokenSource(stop.Aborted, lease.Lost);
        using Activity? activity = Telemetry.StartAttempt(Attempt, assignment.TraceParent);
        Telemetry.AttemptStarted();
        try
        {
            stop.Stopping.ThrowIfCancellationRequested();
            await AcquireAsync(lease, now.Token).ConfigureAwait(false);
            _record.Result = await InvokeRunnerAsync(now.Token).ConfigureAwait(false);
            if (_record.Result is RunResult.Failed failed && stop.Reason is StopReason.Stopped or StopReason.Cancelled)
            {
                _record.Result = failed with { Retryable = false };
            }
        }
        catch (Exception e)
        {
            _reporter.Fail(_record, e, Limit);
        }

        await CaptureAsync().ConfigureAwait(false);
        await InspectAsync().ConfigureAwait(false);
        if (await ReleaseAsync().ConfigureAwait(false))
        {
            lease.Complete();
        }

        AttemptReport report = _reporter.Report(_record, _workspace?.Info, _context);
        Telemetry.AttemptEnded(report.Result.GetType().Name.ToLowerInvariant(), _record.Elapsed);
        Telemetry.EndAttempt(
            activity,
            AttemptReporter.Outcome(report),
            (report.Result as RunResult.Failed)?.Reason,
            _record.Exception
        );
        return report;
    }

    private async Task AcquireAsync(AttemptLease lease, CancellationToken cancellationToken)
    {
        using (Enter(Stage.Workspace))
        {
            WorkspaceRequest request = new(lease, session.Repository.Reference, assignment.BaseCommit)
            {
                TargetRef = _plan.TargetRef,
                WorkersDirectory = session.Directory.Root,
                OnWaiting = why =>
                    session.Publish(new WorkerEvent(Attempt, default, WorkerEventKind.Blocked) { Text = why }),
            };
            _workspace = await _plan.Workspaces.AcquireAsync(request, cancellationToken).ConfigureAwait(false);
            _disk.Begin(session.DiskTurns);
        }

        using (Enter(Stage.State))
        {
            _state = await _plan
                .Sandbox.OpenAsync(
                    new StateRequest(lease, session.Repository.Reference, _workspace.Info),
                    cancellationToken
                )
                .ConfigureAwait(false);
            session.Mask(_state.Info);
        }

        using (Enter(Stage.Setup))
        {
            Dictionary<string, string> values = PlaceholderTemplate.Values(
                Attempt,
                assignment.Item,
                _workspace.Info.Path,
                _state.Info.Home,
                _state.Info.Temp,
                _state.Info.Ports
            );
            await SetupCommands.RunAsync(_plan, _state, values, cancellationToken).ConfigureAwait(false);
        }

        using (Enter(Stage.Context))
        {
            _context = await _plan
                .Contexts.CreateAsync(
                    new ContextRequest(Attempt, assignment.Item, _workspace.Info, _state.Info, assignment.Handoffs)
                    {
                        PreviousFailure = assignment.PreviousFailure,
                        Conflict = assignment.Conflict,
                    },
                    cancellationToken
                )
                .ConfigureAwait(false);
            session.Checklist.Admit(
                new WorkerAllocation(
                    Attempt,
                    assignment.Item,
                    _workspace.Info,
                    _state.Info,
                    _context,
                    assignment.Handoffs
                )
            );
        }

        await session
            .Guard.EnterAsync(new GuardedWorker(Attempt, _workspace.Info), cancellationToken)
            .ConfigureAwait(false);
        session.HostProcess?.Enter(Attempt);
        _ran = true;
        _record.EndSetup();
    }

    private async Task<RunResult> InvokeRunnerAsync(CancellationToken cancellationToken)
    {
        using Activity? stage = Enter(
            Stage.Run,
            new()
            {
                ["setup-ms"] = Number(_record.SetupDuration.TotalMilliseconds),
                ["tokens"] = Number(_context!.Tokens),
            }
        );
        MonitoredScope scope = new(_state!, Attempt, session.Publish);
        AsyncServiceScope? own = (
            _plan.Services.GetService(typeof(IServiceScopeFactory)) as IServiceScopeFactory
        )?.CreateAsyncScope();
        IServiceProvider services = own?.ServiceProvider ?? _plan.Services;
        IsolatedWorker worker = new(MakeParts(scope, services, stage));
        Task<RunResult> run = WorkerFlow.RunAsync(
            _context.Lifetime,
            () =>
                session.Resilience.RunAsync(
                    _plan.Runners[assignment.Runner ?? ""](services),
                    worker,
                    stop,
                    Limit,
                    cancellationToken
                ),
            stage
        );
        try
        {
            return await run.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It was told to end now. What does not listen is left behind, and what it held is closed.
            return await run.WaitAsync(_plan.Options.StopGrace, _plan.Time, CancellationToken.None)
                .ConfigureAwait(false);
        }
        finally
        {
            _ = run.ContinueWith(
                static late => late.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
            _context.Lifetime.End();
            await scope.EndAsync().ConfigureAwait(false);
            if (own is { } opened)
            {
                await opened.DisposeAsync().ConfigureAwait(false);
            }

            _record.EndRun();
        }
    }

    private WorkerParts MakeParts(MonitoredScope scope, IServiceProvider services, Activity? stage) =>
        new(assignment.Item, _workspace!.Info, _context!, scope, services, inbox)
        {
            OutputFile = session.Directory.OutputOf(Attempt),
            Time = _plan.Time,
            StopGrace = _plan.Options.StopGrace,
            Stopping = stop.Stopping,
            ResumeToken = assignment.ResumeToken,
            ActivityContext = stage?.Context ?? Telemetry.ParseTraceParent(assignment.TraceParent),
            Report = session.Publish,
            Sync = (mode, commit, token) =>
                session.SyncAsync(
                    assignment,
                    new WorkspaceSync(session.Repository, _workspace.Info, scope),
                    mode,
                    commit,
                    token
                ),
            Handoff = (note, token) => session.Host.HandoffAsync(Attempt, note, token),
            Comment = (kind, text, token) =>
                session.Host.AppendAsync(
                    new HistoryEntry(Attempt.Item, Attempt, _plan.Time.GetUtcNow(), kind, text),
                    token
                ),
        };

    private async Task CaptureAsync()
    {
        if (_workspace is null || _state is null)
        {
            return;
        }

        using Activity? stage = Enter(Stage.Capture);
        using CancellationTokenSource limit = new(_plan.Options.SetupTimeout, _plan.Time);
        try
        {
            _record.Capture = await _workspace.CaptureAsync(_state, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // What could not be captured stays where it is: release keeps what is not pinned.
            string before = _ran && _record.Result is RunResult.Failed failed ? failed.Reason + " " : "";
            _record.Fail(
                Stage.Capture,
                new RunResult.Failed($"{before}Its work could not be captured: {e.Message}"),
                e
            );
        }
    }

    private async Task InspectAsync()
    {
        if (!_ran)
        {
            return;
        }

        using Activity? stage = Enter(Stage.Inspect);
        _record.Notices = session.HostProcess?.Leave(Attempt) ?? [];
        try
        {
            _record.Findings = await session.Guard.LeaveAsync(Attempt, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // What was not looked at is not merged.
            _record.Fail(
                Stage.Inspect,
                new RunResult.Failed($"What it left behind could not be inspected: {e.Message}"),
                e
            );
        }

        foreach (string found in _record.Findings.Select(f => f.ToString()).Concat(_record.Notices))
        {
            session.Publish(new WorkerEvent(Attempt, default, WorkerEventKind.Contamination) { Text = found });
        }
    }

    /// <returns>Whether nothing is left that a lease would have to name.</returns>
    private async Task<bool> ReleaseAsync()
    {
        _record.Bytes = await _disk.EndAsync().ConfigureAwait(false);
        using Activity? stage = Enter(Stage.Release, new() { ["bytes"] = Number(_record.Bytes) });
        ReleaseMode mode =
            _record.Contamination.Count > 0 ? ReleaseMode.Quarantine
            : _record.Result is RunResult.Failed ? _plan.Options.OnFailure
            : ReleaseMode.KeepIfUnmerged;
        bool released = await TryReleaseAsync(
                _state,
                mode is ReleaseMode.Quarantine or ReleaseMode.Keep ? mode : ReleaseMode.Remove
            )
            .ConfigureAwait(false);
        released &= await TryReleaseAsync(_workspace, mode).ConfigureAwait(false);
        session.Checklist.Dismiss(Attempt);
        return released && (_workspace is null || !Directory.Exists(_workspace.Info.Path));
    }

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

    private Activity? Enter(Stage stage, Dictionary<string, string>? data = null)
    {
        _record.Stage = stage;
        return session.EnterStage(Attempt, stage, _workspace?.Info.Branch, data);
    }

    private static string Number(double value) =>
        ((long)value).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
