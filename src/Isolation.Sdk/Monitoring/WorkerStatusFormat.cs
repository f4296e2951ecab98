using System.Globalization;

namespace Isolation.Sdk.Monitoring;

/// <summary>The two one-line forms of a status. Control characters of a worker's words never reach a terminal.</summary>
public static class WorkerStatusFormat
{
    private const string None = "–";

    /// <summary><c>auth-123.1 | item: auth-123 | phase: implement | branch: isolation/auth-123/1/work | 15m | active 2m ago | blocked by: –</c></summary>
    /// <param name="status">The status.</param>
    /// <param name="now">The moment it is shown.</param>
    public static string Line(WorkerStatus status, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(status);
        string blockers = status.Blockers.Count == 0 ? None : Plain(string.Join(", ", status.Blockers));
        return $"{Plain(status.Attempt.ToString())} | item: {Plain(status.Item)} | phase: {Phase(status)} | branch: {Plain(status.Branch)} | {Span(now - status.PhaseSince)} | active {Span(now - status.LastActivity)} ago | blocked by: {blockers}";
    }

    /// <summary><c>alive | last activity: 2m ago | item: auth-123 | phase: implement</c></summary>
    /// <param name="status">The status, judged: <see cref="WorkerStatus.WithLiveness"/>.</param>
    /// <param name="now">The moment it is shown.</param>
    public static string Short(WorkerStatus status, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(status);
        string liveness =
            status.Liveness == WorkerLiveness.Running ? "alive" : status.Liveness.ToString().ToLowerInvariant();
        return $"{liveness} | last activity: {Span(now - status.LastActivity)} ago | item: {Plain(status.Item)} | phase: {Phase(status)}";
    }

    /// <summary>A span as people say it: <c>42s</c>, <c>15m</c>, <c>3h</c>, <c>5d</c>; rounded down, never negative.</summary>
    /// <param name="span">The span.</param>
    public static string Span(TimeSpan span) =>
        span switch
        {
            { TotalMinutes: < 1 } => string.Create(
                CultureInfo.InvariantCulture,
                $"{Math.Max(0, (int)span.TotalSeconds)}s"
            ),
            { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalMinutes}m"),
            { TotalDays: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours}h"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalDays}d"),
        };

    private static string Phase(WorkerStatus status) =>
        Plain(status.Phase ?? status.Stage?.ToString().ToLowerInvariant());

    private static string Plain(string? text) =>
        string.IsNullOrEmpty(text) ? None : PlainText.SingleLine(text, PlainText.MaxLineLength);
}
