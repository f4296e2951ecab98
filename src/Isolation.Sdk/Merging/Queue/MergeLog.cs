using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Merging;

/// <summary>Everything this folder logs.</summary>
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
}
