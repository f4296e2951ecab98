namespace Isolation.Sdk.Monitoring;

/// <summary>One thing that happened to a worker: the only source of status, logs and reports.</summary>
/// <param name="Attempt">The worker.</param>
/// <param name="At">When.</param>
/// <param name="Kind">What.</param>
public sealed record WorkerEvent(AttemptId Attempt, DateTimeOffset At, WorkerEventKind Kind)
{
    /// <summary>The stage the pipeline is in.</summary>
    public Stage? Stage { get; init; }

    /// <summary>The runner's phase: research, plan, implement, validate, or its own word.</summary>
    public string? Phase { get; init; }

    /// <summary>The branch.</summary>
    public string? Branch { get; init; }

    /// <summary>A line for people; never a secret, never a conversation.</summary>
    public string? Text { get; init; }

    /// <summary>Facts by name: <c>pid</c>, <c>setup-ms</c>, <c>tokens</c>, <c>outcome</c>, <c>exception</c>,
    /// …</summary>
    public IReadOnlyDictionary<string, string>? Data { get; init; }

    internal const string ExceptionKey = "exception";
}

/// <summary>What happened to a worker.</summary>
public enum WorkerEventKind
{
    /// <summary>The pipeline entered a stage.</summary>
    Stage,

    /// <summary>The runner said which phase it is in.</summary>
    Phase,

    /// <summary>The runner said how far it is.</summary>
    Progress,

    /// <summary>The runner is blocked by something.</summary>
    Blocked,

    /// <summary>A process of the worker started.</summary>
    ProcessStarted,

    /// <summary>A process of the worker ended.</summary>
    ProcessEnded,

    /// <summary>The worker showed a sign of life without saying anything.</summary>
    Activity,

    /// <summary>Something was written outside what the worker owns.</summary>
    Contamination,

    /// <summary>The merge queue moved it.</summary>
    Merge,

    /// <summary>The worker waits outside a slot.</summary>
    Suspended,

    /// <summary>The attempt ended.</summary>
    Ended,

    /// <summary>This watcher was too slow: <c>count</c> events before this one never reached it.</summary>
    Missed,

    /// <summary>
    /// The target moved, and the worker was told: <c>from</c>, <c>to</c>, and how many paths changed and are changed by
    /// it too (<c>paths</c>, <c>overlapping</c>). No sign of life of the worker.
    /// </summary>
    TargetAdvanced,

    /// <summary>
    /// It touches the same files as the worker that <c>with</c> names; <c>kind</c> says how much is known, <c>none</c>
    /// that it is over. No sign of life of the worker.
    /// </summary>
    Overlap,

    /// <summary>Something that all share changed while it ran; it holds no attempt.</summary>
    Notice,
}
