using Isolation.Sdk.Contexts;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Runners;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.Logging;
using Polly.Timeout;

namespace Isolation.Sdk.Attempts;

// Says what became of an attempt, in its report, its log and its trace, and nowhere with a secret.
internal sealed class AttemptReporter(WorkerSession session, WorkerAssignment assignment, WorkerStopSource stop)
{
    private AttemptId Attempt => assignment.Attempt;

    public static string Outcome(AttemptReport report) =>
        report switch
        {
            { Contamination.Count: > 0 } => "contaminated",
            { TimedOut: true } => "timed-out",
            { Result: RunResult.Done } => "done",
            { Result: RunResult.Suspended } => "suspended",
            { Result: RunResult.BlockedOn } => "blocked",
            _ => "failed",
        };

    public void Fail(AttemptRecord record, Exception e, TimeSpan limit)
    {
        RunResult.Failed failed = ResultOf(e, limit);
        if (stop.Reason is StopReason.Stopped or StopReason.Cancelled)
        {
            failed = failed with { Retryable = false }; // Whoever stops a worker does not want it back.
        }

        record.Fail(record.Stage, failed, e);
        if (stop.Reason == StopReason.None)
        {
            Tell(record.Stage, e, failed.Reason);
        }
    }

    public AttemptReport Report(AttemptRecord record, WorkspaceInfo? workspace, WorkerContext? context) =>
        new(Attempt, Masked(record.Result))
        {
            Commit = record.Capture?.Commit,
            BaseCommit = record.Capture?.BaseCommit ?? assignment.BaseCommit,
            Branch = workspace is { HasOwnRepository: false } shared ? shared.Branch : null,
            Changes = record.Capture?.Files ?? [],
            Contamination = [.. record.Contamination.Select(session.Secrets.Apply)],
            Notices = [.. record.Notices.Concat(record.Capture?.Notices ?? []).Select(session.Secrets.Apply)],
            Holds = [.. (record.Capture?.Holds ?? []).Select(session.Secrets.Apply)],
            IgnoredFiles = record.Capture?.IgnoredFiles ?? 0,
            IsVictim =
                record.OwnTampering.Count == 0
                && record.Findings.Count > 0
                && record.Findings.All(f => f.IsVictim(Attempt)),
            Fault = record.Fault is { } fault
                ? new IsolationFault(fault.Code, session.Secrets.Apply(fault.Message), fault.Remedy)
                : null,
            FailedIn = record.FailedIn,
            Exception = record.Exception is { } e ? session.Secrets.Apply(e.ToString()) : null,
            Node = Environment.MachineName,
            TimedOut =
                record.Result is RunResult.Failed
                && (stop.Reason == StopReason.TimedOut || record.Exception is TimeoutRejectedException),
            KeptWorkspace = workspace is { } w && Directory.Exists(w.Path) ? w.Path : null,
            Log = session.Directory.LogOf(Attempt),
            Output = File.Exists(session.Directory.OutputOf(Attempt)) ? session.Directory.OutputOf(Attempt) : null,
            Cost = new AttemptCost
            {
                SetupMs = (long)record.SetupDuration.TotalMilliseconds,
                RunMs = (long)record.RunDuration.TotalMilliseconds,
                Bytes = record.Bytes,
                BriefingTokens = context?.Tokens ?? 0,
            },
        };

    private RunResult.Failed ResultOf(Exception e, TimeSpan limit) =>
        e switch
        {
            _ when stop.Reason == StopReason.TimedOut => new($"It took longer than {limit}."),
            TimeoutRejectedException rejected => new($"It took longer than {rejected.Timeout}."),
            OperationCanceledException when stop.Reason == StopReason.Cancelled => new("The run was cancelled."),
            OperationCanceledException when stop.Reason == StopReason.Stopped => new("It was stopped."),
            TimeoutException => new("It did not end when it was told to."),
            IsolationException { Code: RunningCodes.IgnoredResult } fault => new(
                $"{fault.Message} {fault.Fault.Remedy}",
                Retryable: false
            ),
            IsolationException fault => new(fault.Message),
            _ => new($"{e.GetType().Name}: {e.Message}"),
        };

    private void Tell(Stage stage, Exception e, string reason)
    {
        string whole = e.ToString();
        string masked = session.Secrets.Apply(whole);
        Log.AttemptFailed(
            session.Logger,
            e is IsolationException or TimeoutRejectedException ? LogLevel.Warning : LogLevel.Error,
            Attempt,
            stage,
            masked == whole ? session.Secrets.Apply(reason) : masked,
            masked == whole ? e : null
        );
        session.Publish(
            new WorkerEvent(Attempt, default, WorkerEventKind.Progress)
            {
                Text = reason,
                Data = new Dictionary<string, string> { [WorkerEvent.ExceptionKey] = whole },
            }
        );
    }

    // Reasons go into results, logs and the next briefing.
    private RunResult Masked(RunResult result) =>
        result switch
        {
            RunResult.Failed failed => failed with { Reason = session.Secrets.Apply(failed.Reason) },
            RunResult.Suspended suspended => suspended with { Reason = session.Secrets.Apply(suspended.Reason) },
            RunResult.Done { Summary: { } summary } => new RunResult.Done(session.Secrets.Apply(summary)),
            _ => result,
        };
}
