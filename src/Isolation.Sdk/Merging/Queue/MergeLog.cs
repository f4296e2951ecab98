using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Merging;

internal static partial class MergeLog
{
    [LoggerMessage(601, LogLevel.Information, "{Attempt} landed as {Commit} on {Target}.")]
    public static partial void Landed(ILogger logger, AttemptId attempt, string commit, string target);

    [LoggerMessage(
        602,
        LogLevel.Warning,
        "{Attempt} could not be merged for a reason that is not its own; it is held."
    )]
    public static partial void ItemFailed(ILogger logger, AttemptId attempt, Exception exception);

    [LoggerMessage(603, LogLevel.Error, "The merge queue of {Target} stumbled; it goes on.")]
    public static partial void QueueFailed(ILogger logger, string target, Exception exception);

    [LoggerMessage(605, LogLevel.Warning, "The checkout {Path} of {Target} was not moved along: {Reason}")]
    public static partial void CheckoutLeft(ILogger logger, string path, string target, string reason);

    [LoggerMessage(
        606,
        LogLevel.Error,
        "{Target} itself is {Verdict} at {Commit}: the queue pauses, and gives nobody back."
    )]
    public static partial void TargetBroken(ILogger logger, string target, string commit, GateVerdict verdict);

    [LoggerMessage(620, LogLevel.Information, "The gate said {Verdict} of {Candidate}, tree {Tree}.")]
    public static partial void GateEnded(ILogger logger, GateVerdict verdict, string candidate, string tree);

    [LoggerMessage(621, LogLevel.Warning, "The gate of {Candidate} could not be run.")]
    public static partial void GateNotRun(ILogger logger, string candidate, Exception exception);

    [LoggerMessage(622, LogLevel.Warning, "The gate is flaky: tree {Tree} was red before and is green now.")]
    public static partial void GateIsFlaky(ILogger logger, string tree);

    [LoggerMessage(
        623,
        LogLevel.Warning,
        "The gate of {Candidate} left its worktree in a state that no candidate may start from ({Why}); "
            + "another one takes its place."
    )]
    public static partial void GateWorktreeReplaced(ILogger logger, string candidate, string why);

    [LoggerMessage(
        624,
        LogLevel.Warning,
        "The gate of {Candidate} changed {Count} tracked files while it tested them, {First} among them."
    )]
    public static partial void GateChangedFiles(ILogger logger, string candidate, int count, string first);

    [LoggerMessage(
        625,
        LogLevel.Warning,
        "While the gate of {Candidate} ran, refs moved that nobody has checked out: {Refs}."
    )]
    public static partial void RefsMovedBesideGate(ILogger logger, string candidate, string refs);

    [LoggerMessage(626, LogLevel.Warning, "After the gate of {Candidate}: {Message} {Remedy}")]
    public static partial void GateTeardownFailed(ILogger logger, string candidate, string message, string remedy);

    [LoggerMessage(627, LogLevel.Warning, "{Attempt}: {Notice} Revert {Commit} if that is not meant.")]
    public static partial void Notice(ILogger logger, AttemptId attempt, string notice, string commit);
}
