using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Monitoring;

// Event ids are stable.
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Run on {Repository} begins, {Workers} at a time")]
    public static partial void RunStarted(ILogger logger, string repository, int workers);

    [LoggerMessage(2, LogLevel.Information, "Run ended: {Landed} of {Items} items landed")]
    public static partial void RunEnded(ILogger logger, int landed, int items);

    [LoggerMessage(3, LogLevel.Debug, "{Attempt} {Kind}: {Text}")]
    public static partial void WorkerReported(ILogger logger, AttemptId attempt, WorkerEventKind kind, string text);

    [LoggerMessage(11, LogLevel.Debug, "{Attempt} is in stage {Stage}. {Text}")]
    public static partial void WorkerInStage(ILogger logger, AttemptId attempt, Stage stage, string text);

    [LoggerMessage(12, LogLevel.Debug, "{Attempt} is in phase {Phase}. {Text}")]
    public static partial void WorkerInPhase(ILogger logger, AttemptId attempt, string phase, string text);

    [LoggerMessage(EventId = 4, Message = "{Attempt} ended: {Outcome}. {Text}")]
    public static partial void AttemptEnded(
        ILogger logger,
        LogLevel level,
        AttemptId attempt,
        string outcome,
        string text
    );

    [LoggerMessage(EventId = 13, Message = "{Attempt} failed in stage {Stage}: {Reason}")]
    public static partial void AttemptFailed(
        ILogger logger,
        LogLevel level,
        AttemptId attempt,
        Stage stage,
        string reason,
        Exception? cause
    );

    [LoggerMessage(EventId = 15, Message = "{Attempt}: {Text}")]
    public static partial void AttemptBase(ILogger logger, LogLevel level, AttemptId attempt, string text);

    [LoggerMessage(16, LogLevel.Information, "The audit of this machine and repository says: {Notice}")]
    public static partial void AuditNotice(ILogger logger, string notice);

    [LoggerMessage(5, LogLevel.Warning, "{Attempt} wrote outside what it owns: {Text}")]
    public static partial void Contamination(ILogger logger, AttemptId attempt, string text);

    [LoggerMessage(15, LogLevel.Information, "While {Attempt} ran: {Text}")]
    public static partial void Notice(ILogger logger, AttemptId attempt, string text);

    [LoggerMessage(8, LogLevel.Debug, "Could not tell whether {Target} moved; looked again later")]
    public static partial void TargetPollFailed(ILogger logger, string target, Exception cause);

    [LoggerMessage(9, LogLevel.Debug, "Could not look ahead for overlaps; tried again later")]
    public static partial void ForecastFailed(ILogger logger, Exception cause);

    [LoggerMessage(10, LogLevel.Warning, "{First} and {Second} overlap ({Kind}) in {Paths}")]
    public static partial void Overlaps(ILogger logger, AttemptId first, AttemptId second, string kind, string paths);

    [LoggerMessage(14, LogLevel.Error, "The source of items failed; the items that came before it go on")]
    public static partial void SourceFailed(ILogger logger, Exception cause);

    [LoggerMessage(7, LogLevel.Information, "Item {Item} closed: {Outcome}. {Reason}")]
    public static partial void ItemClosed(ILogger logger, string item, ItemOutcome outcome, string reason);
}
