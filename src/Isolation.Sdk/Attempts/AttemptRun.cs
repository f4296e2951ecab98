using System.Diagnostics;
using System.Threading.Channels;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Git;
using Isolation.Sdk.Guard;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Runners;
using Isolation.Sdk.Tracking;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.DependencyInjection;

namespace Isolation.Sdk.Attempts;

internal sealed class AttemptRun
{
    private readonly WorkerSession _session;
    private readonly WorkerAssignment _assignment;
    private readonly ChannelReader<WorkerMessage> _inbox;
    private readonly WorkerStopSource _stop;
    private readonly WorkerPlan _plan;
    private readonly AttemptRecord _record;
    private readonly AttemptResources _held;
    private readonly AttemptReporter _reporter;
    private bool _ran;

    public AttemptRun(
        WorkerSession session,
        WorkerAssignment assignment,
        ChannelReader<WorkerMessage> inbox,
        WorkerStopSource stop
    )
    {
        (_session, _assignment, _inbox, _stop, _plan) = (session, assignment, inbox, stop, session.Plan);
        _record = new AttemptRecord(_plan.Time);
        _held = new AttemptResources(session, assignment, _record);
        _reporter = new AttemptReporter(session, assignment, stop);
    }

    private AttemptId Attempt => _assignment.Attempt;

    private TimeSpan Limit => _assignment.TimeLimit ?? _plan.Options.AttemptTimeout;

    public async Task<AttemptReport> RunAsync()
    {
        using AttemptLease lease = _session.Leases.Create(Attempt);
        using CancellationTokenSource now = CancellationTokenSource.CreateLinkedTokenSource(_stop.Aborted, lease.Lost);
        using Activity? activity = Telemetry.StartAttempt(Attempt, _assignment.TraceParent);
        Telemetry.AttemptStarted();
        try
        {
            _stop.Stopping.ThrowIfCancellationRequested();
            await _held.AcquireAsync(lease, now.Token).ConfigureAwait(false);
            _ran = true;
            _record.Result = await InvokeRunnerAsync(now.Token).ConfigureAwait(false);
            if (_record.Result is RunResult.Failed failed && _stop.Reason is StopReason.Stopped or StopReason.Cancelled)
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
        if (await _held.ReleaseAsync().ConfigureAwait(false))
        {
            lease.Complete();
        }

        AttemptReport report = _reporter.Report(_record, _held.Workspace?.Info, _held.Context);
        Telemetry.AttemptEnded(report.Result.GetType().Name.ToLowerInvariant(), _record.Elapsed);
        Telemetry.EndAttempt(
            activity,
            AttemptReporter.Outcome(report),
            (report.Result as RunResult.Failed)?.Reason,
            _record.Exception
        );
        return report;
    }

    private async Task<RunResult> InvokeRunnerAsync(CancellationToken cancellationToken)
    {
        WorkerContext context = _held.Context!;
        using Activity? stage = _held.Enter(
            Stage.Run,
            new()
            {
                ["setup-ms"] = AttemptResources.Number(_record.SetupDuration.TotalMilliseconds),
                ["tokens"] = AttemptResources.Number(context.Tokens),
            }
        );
        MonitoredScope scope = new(_held.State!, Attempt, _session.Publish);
        AsyncServiceScope? own = _plan.Services.GetService<IServiceScopeFactory>()?.CreateAsyncScope();
        IServiceProvider services = own?.ServiceProvider ?? _plan.Services;
        IsolatedWorker worker = new(MakeParts(scope, services, stage));
        Task<RunResult> run = WorkerFlow.RunAsync(
            context.Lifetime,
            () => RunWithinLimitAsync(_plan.Runners[_assignment.Runner ?? ""](services), worker, cancellationToken),
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
            context.Lifetime.End();
            await scope.EndAsync().ConfigureAwait(false);
            if (own is { } opened)
            {
                await opened.DisposeAsync().ConfigureAwait(false);
            }

            _record.EndRun();
        }
    }

    private async Task<RunResult> RunWithinLimitAsync(
        IAgentRunner runner,
        IsolatedWorker worker,
        CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource ended = new();
        ITimer timer = _plan.Time.CreateTimer(
            _ => _ = _stop.RequestAsync(StopReason.TimedOut, _plan.Options.StopGrace, ended.Token),
            null,
            Limit,
            Timeout.InfiniteTimeSpan
        );
        await using (timer.ConfigureAwait(false))
        {
            try
            {
                return await _session
                    .Resilience.ExecuteAsync(
                        async token =>
                            await runner.RunAsync(worker, token).ConfigureAwait(false)
                            ?? new RunResult.Failed("The runner returned nothing."),
                        cancellationToken
                    )
                    .ConfigureAwait(false);
            }
            finally
            {
                await ended.CancelAsync().ConfigureAwait(false);
            }
        }
    }

    private WorkerParts MakeParts(MonitoredScope scope, IServiceProvider services, Activity? stage) =>
        new(_assignment.Item, _held.Workspace!.Info, _held.Context!, scope, services, _inbox)
        {
            OutputFile = _session.Directory.OutputOf(Attempt),
            Time = _plan.Time,
            StopGrace = _plan.Options.StopGrace,
            Stopping = _stop.Stopping,
            ResumeToken = _assignment.ResumeToken,
            ActivityContext = stage?.Context ?? Telemetry.ParseTraceParent(_assignment.TraceParent),
            Report = _session.Publish,
            Sync = (mode, commit, token) => SyncAsync(scope, mode, commit, token),
            Handoff = (note, token) => _session.Host.HandoffAsync(Attempt, note, token),
            Comment = (kind, text, token) =>
                _session.Host.AppendAsync(
                    new HistoryEntry(Attempt.Item, Attempt, _plan.Time.GetUtcNow(), kind, text),
                    token
                ),
        };

    private async Task<SyncResult> SyncAsync(
        MonitoredScope scope,
        SyncMode mode,
        string? commit,
        CancellationToken cancellationToken
    )
    {
        // A clone knows nothing of branches here: the target goes by its commit.
        string target = commit
            ?? await _session.Host.FetchTargetAsync(Attempt, cancellationToken).ConfigureAwait(false);
        string name = commit ?? _assignment.Target ?? target;
        SyncResult result = await new WorkspaceSync(_session.Repository, _held.Workspace!.Info, scope)
            .RunAsync(mode, target, name, cancellationToken)
            .ConfigureAwait(false);
        _session.Publish(
            new WorkerEvent(Attempt, default, WorkerEventKind.Progress)
            {
                Text = $"Sync with {name}: {result.Outcome}{(result.Reason is null ? "" : $", {result.Reason}")}",
            }
        );
        return result;
    }

    private async Task CaptureAsync()
    {
        if (_held is not { Workspace: { } workspace, State: { } state, IsRedirected: false })
        {
            return;
        }

        using Activity? stage = _held.Enter(Stage.Capture);
        using CancellationTokenSource limit = new(_plan.Options.SetupTimeout, _plan.Time);
        try
        {
            _record.Capture = await workspace.CaptureAsync(state, limit.Token).ConfigureAwait(false);
            if (_record.Result is RunResult.Done && _record.Capture.Unfinished is { Count: > 0 } why)
            {
                _record.Fail(
                    Stage.Capture,
                    new RunResult.Failed(string.Join(" ", why.Select(f => $"{f.Message} {f.Remedy}"))),
                    new IsolationException(why[0])
                );
            }

            foreach (string found in _record.Capture.Notices)
            {
                _session.Publish(new WorkerEvent(Attempt, default, WorkerEventKind.Progress) { Text = found });
            }
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

        using Activity? stage = _held.Enter(Stage.Inspect);
        _record.Notices = _session.HostProcess?.Leave(Attempt) ?? [];
        try
        {
            IReadOnlyList<GuardFinding> found = await _session
                .Guard.LeaveAsync(Attempt, CancellationToken.None)
                .ConfigureAwait(false);
            _record.Findings = [.. found.Where(f => f.Holds(Attempt))];
            _record.Notices = [.. _record.Notices, .. found.Where(f => !f.Holds(Attempt)).Select(f => f.ToString())];
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

        Publish(WorkerEventKind.Contamination, _record.Findings.Select(f => f.ToString()));
        Publish(WorkerEventKind.Notice, _record.Notices);

        void Publish(WorkerEventKind kind, IEnumerable<string> texts)
        {
            foreach (string text in texts)
            {
                _session.Publish(new WorkerEvent(Attempt, default, kind) { Text = text });
            }
        }

        foreach (string pushed in FindPushes())
        {
            _record.Notices = [.. _record.Notices, pushed];
            _session.Publish(new WorkerEvent(Attempt, default, WorkerEventKind.Progress) { Text = pushed });
        }
    }

    // Not those of the library: to the target, and to the branches of attempts.
    private IEnumerable<string> FindPushes()
    {
        string? target = RefNames.BranchOf(_session.TargetRefOf(_assignment));
        return PushLog
            .FindSince(_session.Repository.CommonDirectory, _plan.Time.GetUtcNow() - _record.Elapsed)
            .Where(r => !r.EndsWith("/" + target, StringComparison.Ordinal) && !r.Contains("/isolation/"))
            .Select(r =>
                $"While it ran, {r} was moved by a push from this repository: by this worker, another one or a person. "
                + "Protect the branch at the remote, or use a level without network, if workers may not push."
            );
    }
}
