using System.Collections.Frozen;
using System.Globalization;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Monitoring;

/// <summary>
/// What is known about a worker: a fold over its events and nothing else, so a log file tells the same as the live
/// stream.
/// </summary>
/// <param name="Attempt">The worker.</param>
public sealed record WorkerStatus(AttemptId Attempt)
{
    /// <summary>The id of its work item.</summary>
    public string Item => Attempt.Item;

    /// <summary>The runner's phase; <see langword="null"/> until it says one.</summary>
    public string? Phase { get; init; }

    /// <summary>When that phase began; before there is one, when the stage began.</summary>
    public DateTimeOffset PhaseSince { get; init; }

    /// <summary>The stage the pipeline is in with it.</summary>
    public Stage? Stage { get; init; }

    /// <summary>Its branch.</summary>
    public string? Branch { get; init; }

    /// <summary>When it last showed a sign of life.</summary>
    public DateTimeOffset LastActivity { get; init; }

    /// <summary>
    /// What is in its way, as it said it; empty again as soon as it reports a phase, or is in its next stage.
    /// </summary>
    public IReadOnlyList<string> Blockers { get; init; } = [];

    /// <summary>
    /// The workers that touch the same files, by id, each with a line for people; empty once it ended.
    /// </summary>
    public IReadOnlyDictionary<string, string> Overlaps { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Its processes that have not ended.</summary>
    public IReadOnlyList<int> ProcessIds { get; init; } = [];

    /// <summary>Whether it lives, at the moment it was asked for.</summary>
    public WorkerLiveness Liveness { get; init; }

    /// <summary>How its item came out, when its attempt's end said it.</summary>
    public ItemOutcome? Outcome { get; init; }

    /// <summary>How long it took until its runner could start, in milliseconds.</summary>
    public long? SetupMilliseconds { get; init; }

    /// <summary>
    /// How many bytes it takes of the disk, workspace and state: blocks that are allocated, and no others', so that
    /// what a reflink or a snapshot shares is not counted.
    /// Measured once when the workspace has its files, and again at its release.
    /// </summary>
    public long? Bytes { get; init; }

    /// <summary>The estimated tokens of its briefing.</summary>
    public int? Tokens { get; init; }

    /// <summary>The last line it said for people.</summary>
    public string? Text { get; init; }

    /// <summary>
    /// <c>auth-123.1 | item: auth-123 | phase: implement | branch: isolation/auth-123/1/work | 15m | active 2m ago |
    /// blocked by: –</c>, without control characters.
    /// </summary>
    public string Format(DateTimeOffset now) =>
        $"{Plain(Attempt.ToString())} | item: {Plain(Item)} | phase: {PhaseName} | "
        + $"branch: {Plain(Branch)} | {FormatDuration(now - PhaseSince)} | "
        + $"active {FormatDuration(now - LastActivity)} ago | blocked by: {Plain(string.Join(", ", Blockers))}";

    /// <summary>
    /// <c>alive | last activity: 2m ago | item: auth-123 | phase: implement</c>, without control characters.
    /// </summary>
    public string FormatShort(DateTimeOffset now)
    {
        string liveness = Liveness == WorkerLiveness.Running ? "alive" : Liveness.ToString().ToLowerInvariant();
        return $"{liveness} | last activity: {FormatDuration(now - LastActivity)} ago | "
            + $"item: {Plain(Item)} | phase: {PhaseName}";
    }

    /// <summary>
    /// A duration for people: <c>42s</c>, <c>15m</c>, <c>3h</c>, <c>5d</c>; rounded down, never negative.
    /// </summary>
    public static string FormatDuration(TimeSpan duration)
    {
        (double number, char unit) = duration switch
        {
            { TotalMinutes: < 1 } => (Math.Max(0, duration.TotalSeconds), 's'),
            { TotalHours: < 1 } => (duration.TotalMinutes, 'm'),
            { TotalDays: < 2 } => (duration.TotalHours, 'h'),
            _ => (duration.TotalDays, 'd'),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{(int)number}{unit}");
    }

    internal static WorkerStatus Apply(WorkerStatus? status, WorkerEvent happened)
    {
        WorkerStatus before = status ?? new WorkerStatus(happened.Attempt) { PhaseSince = happened.At };
        if (happened.Kind == WorkerEventKind.Overlap)
        {
            return before with { Overlaps = Overlapping(before.Overlaps, happened) };
        }

        if (happened.Kind is WorkerEventKind.Missed or WorkerEventKind.TargetAdvanced)
        {
            return before;
        }

        WorkerStatus after = before with
        {
            LastActivity = happened.At > before.LastActivity ? happened.At : before.LastActivity,
            Branch = happened.Branch ?? before.Branch,
            Text = happened.Text ?? before.Text,
            SetupMilliseconds = Number(happened, "setup-ms") ?? before.SetupMilliseconds,
            Bytes = Number(happened, "bytes") ?? before.Bytes,
            Tokens = (int?)Number(happened, "tokens") ?? before.Tokens,
        };
        return happened.Kind switch
        {
            WorkerEventKind.Stage => after with
            {
                Stage = happened.Stage,
                PhaseSince = before.Phase is null ? happened.At : before.PhaseSince,
                Blockers = [],
                Liveness = LivenessIn(happened.Stage, before.Liveness),
            },
            WorkerEventKind.Phase => after with
            {
                Phase = happened.Phase,
                PhaseSince = happened.Phase == before.Phase ? before.PhaseSince : happened.At,
                Blockers = [],
                Liveness = Alive(before.Liveness),
            },
            WorkerEventKind.Blocked => after with
            {
                Blockers = [.. before.Blockers, .. Said(happened).Except(before.Blockers, StringComparer.Ordinal)],
                Liveness = WorkerLiveness.Waiting,
            },
            WorkerEventKind.ProcessStarted => after with
            {
                ProcessIds = [.. before.ProcessIds, .. Pids(happened).Except(before.ProcessIds)],
            },
            WorkerEventKind.ProcessEnded => after with { ProcessIds = [.. before.ProcessIds.Except(Pids(happened))] },
            WorkerEventKind.Merge => after with
            {
                Stage = Isolation.Sdk.Stage.Merge,
                Liveness = before.Liveness == WorkerLiveness.Ended ? WorkerLiveness.Ended : WorkerLiveness.Waiting,
            },
            WorkerEventKind.Suspended => after with { Liveness = WorkerLiveness.Suspended, ProcessIds = [] },
            WorkerEventKind.Ended => after with
            {
                Liveness = WorkerLiveness.Ended,
                ProcessIds = [],
                Blockers = [],
                Overlaps = FrozenDictionary<string, string>.Empty,
                Outcome = OutcomeOf(happened) ?? before.Outcome,
            },
            _ => after,
        };
    }

    // 'leaseHeld' is null when that cannot be known here.
    internal WorkerStatus WithLiveness(DateTimeOffset now, TimeSpan quietAfter, bool? leaseHeld)
    {
        if (Liveness is WorkerLiveness.Ended or WorkerLiveness.Suspended)
        {
            return this;
        }

        // Right of Release nothing of the worker runs and no lease is held: it waits for its merge.
        if (leaseHeld == false && (Stage ?? Isolation.Sdk.Stage.Claim) < Isolation.Sdk.Stage.Release)
        {
            return this with { Liveness = WorkerLiveness.Dead };
        }

        return Liveness == WorkerLiveness.Running && now - LastActivity > quietAfter
            ? this with
            {
                Liveness = WorkerLiveness.Quiet,
            }
            : this;
    }

    private static WorkerLiveness LivenessIn(Stage? stage, WorkerLiveness before) =>
        before switch
        {
            WorkerLiveness.Ended => before,
            _ when stage is Isolation.Sdk.Stage.Merge => WorkerLiveness.Waiting,
            _ => WorkerLiveness.Running,
        };

    private static WorkerLiveness Alive(WorkerLiveness before) =>
        before == WorkerLiveness.Ended ? before : WorkerLiveness.Running;

    private static IReadOnlyList<string> Said(WorkerEvent happened) =>
        happened.Text is { Length: > 0 } text ? [text] : [];

    private static ItemOutcome? OutcomeOf(WorkerEvent happened) =>
        happened.Data?.GetValueOrDefault("outcome") is { } text
        && Enum.TryParse(text, ignoreCase: true, out ItemOutcome outcome)
        && Enum.IsDefined(outcome)
            ? outcome
            : null;

    private static IReadOnlyDictionary<string, string> Overlapping(
        IReadOnlyDictionary<string, string> before,
        WorkerEvent happened
    )
    {
        if (happened.Data?.GetValueOrDefault("with") is not { } with)
        {
            return before;
        }

        Dictionary<string, string> after = new(before, StringComparer.Ordinal);
        if (happened.Text is { } text)
        {
            after[with] = text;
        }
        else
        {
            after.Remove(with);
        }

        return after;
    }

    private static IEnumerable<int> Pids(WorkerEvent happened) => Number(happened, "pid") is { } pid ? [(int)pid] : [];

    private static long? Number(WorkerEvent happened, string name) =>
        happened.Data?.GetValueOrDefault(name) is { } text
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : null;

    private string PhaseName => Plain(Phase ?? Stage?.ToString().ToLowerInvariant());

    private static string Plain(string? text) =>
        string.IsNullOrEmpty(text) ? "–" : PlainText.SingleLine(text, PlainText.MaxLineLength);
}
