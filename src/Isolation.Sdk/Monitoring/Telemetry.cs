using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Isolation.Sdk.Monitoring;

// It costs nothing while nobody listens.
internal static class Telemetry
{
    public const string Name = "Isolation.Sdk";

    public static ActivitySource Activities { get; } = new(Name);

    public static Meter Meter { get; } = new(Name);

    private static readonly UpDownCounter<long> Active = Meter.CreateUpDownCounter<long>(
        "isolation.workers.active",
        "{worker}",
        "Workers being carried out now."
    );
    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>(
        "isolation.attempts",
        "{attempt}",
        "Attempts that ended, by result."
    );
    private static readonly Counter<long> Items = Meter.CreateCounter<long>(
        "isolation.items",
        "{item}",
        "Items that closed, by outcome: landed, conflicted and so on."
    );
    private static readonly Histogram<double> AttemptDuration = Meter.CreateHistogram<double>(
        "isolation.attempt.duration",
        "s",
        "How long an attempt took."
    );

    public static void AttemptStarted() => Active.Add(1);

    public static void AttemptEnded(string result, TimeSpan took)
    {
        Active.Add(-1);
        KeyValuePair<string, object?> tag = new("result", result);
        Attempts.Add(1, tag);
        AttemptDuration.Record(took.TotalSeconds, tag);
    }

    public static void ItemClosed(ItemOutcome outcome) =>
        Items.Add(1, new KeyValuePair<string, object?>("outcome", outcome.ToString().ToLowerInvariant()));

    public static Activity? StartAttempt(AttemptId attempt, string? traceParent = null) =>
        Start("isolation.attempt", attempt, ParseTraceParent(traceParent));

    public static void EndAttempt(Activity? activity, string outcome, string? error, Exception? exception)
    {
        activity?.SetTag("isolation.outcome", outcome);
        activity?.SetStatus(error is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error, error);
        if (exception is not null)
        {
            activity?.AddException(exception);
        }
    }

    public static ActivityContext ParseTraceParent(string? traceParent) =>
        ActivityContext.TryParse(traceParent, null, isRemote: true, out ActivityContext parsed) ? parsed : default;

    public static string ToTraceParent(ActivityContext context) =>
        $"00-{context.TraceId}-{context.SpanId}-{(int)(context.TraceFlags & ActivityTraceFlags.Recorded):x2}";

    public static Activity? StartStage(AttemptId attempt, Stage stage) =>
        Start($"isolation.{NameOf(stage)}", attempt)?.SetTag("isolation.stage", NameOf(stage));

    private static string NameOf(Stage stage) => stage.ToString().ToLowerInvariant();

    private static Activity? Start(string name, AttemptId attempt, ActivityContext parent = default)
    {
        // Linked to its parent by ids only: baggage is reached through the parent object, and the host's must not
        // travel with a worker.
        parent = parent == default ? Activity.Current?.Context ?? default : parent;
        return Activities
            .StartActivity(name, ActivityKind.Internal, parent)
            ?.SetTag("isolation.item", attempt.Item)
            .SetTag("isolation.attempt", attempt.Number);
    }
}
