using System.Runtime.CompilerServices;
using Isolation.Sdk.Scheduling;

namespace Isolation.Sdk;

/// <summary>
/// How a pipeline runs its workers. Binds from configuration; a keyed pipeline reads the options of its key's name.
/// </summary>
public sealed class IsolationOptions
{
    private static readonly TimeSpan MaxLimit = TimeSpan.FromDays(30);

    /// <summary>
    /// The maximum number of workers at the same time. <value>The number of processors, at most 4: from 5 on the
    /// checklist asks for more.</value>
    /// </summary>
    public int MaxWorkers { get; set; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>The maximum number of attempts at one item, the first included. <value>2.</value></summary>
    public int MaxAttempts { get; set; } = 2;

    /// <summary>
    /// After how many attempts that were lost with their machine an item fails; they do not count as attempts.
    /// <value>3.</value>
    /// </summary>
    public int MaxNodeLosses { get; set; } = 3;

    /// <summary>How many attempts may wait for their merge before no further one is started; what is held for an
    /// approval or a broken target does not count.
    /// <value>null: four times <see cref="MaxWorkers"/>, at least 16.</value></summary>
    public int? MaxPendingMerges { get; set; }

    /// <summary>
    /// The delay before the second attempt; it doubles for each further one, up to 1 min. <value>1 s.</value>
    /// </summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a runner may take. <value>1 h.</value></summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a setup command may take. <value>10 min.</value></summary>
    public TimeSpan SetupTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long a worker may take to finish after it was asked to, before it is ended. <value>10 s.</value>
    /// </summary>
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether SIGINT (Ctrl-C), SIGTERM and SIGHUP cancel a run instead of ending the process at once and leaving its
    /// workers behind. A second signal ends the process. When the program ends by itself after that, its exit code is
    /// 128 and the signal's number, unless it sets one. A hosted service leaves signals to its host.
    /// <value>true.</value>
    /// </summary>
    public bool StopsOnSignals { get; set; } = true;

    /// <summary>
    /// How long running attempts may go on when the host of a hosted pipeline shuts down, before their workers are
    /// asked to stop.
    /// <value>10 s; together with <see cref="StopGrace"/> less than the host's shutdown time-out of 30 s.</value>
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a worker may show no sign of life before its status is quiet. <value>5 min.</value></summary>
    public TimeSpan QuietAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// What becomes of the workspace of a failed attempt; its work is pinned in any case. <value><see
    /// cref="ReleaseMode.KeepIfUnmerged"/>: removed, since it is pinned.</value>
    /// </summary>
    public ReleaseMode OnFailure { get; set; } = ReleaseMode.KeepIfUnmerged;

    /// <summary>
    /// Who the library's own commits name: landings, and what a worker left uncommitted. <value>null: the host's
    /// <c>user.name</c> and <c>user.email</c>, else the library.</value>
    /// </summary>
    /// <example><c>Build bot &lt;bot@example.org&gt;</c></example>
    public string? CommitAuthor { get; set; }

    internal TimeSpan RetryDelayAfter(int attempts) =>
        TimeSpan.FromTicks(
            Math.Min(
                Math.Max(RetryDelay.Ticks, TimeSpan.TicksPerMinute),
                RetryDelay.Ticks << Math.Clamp(attempts - 1, 0, 20)
            )
        );

    internal (string Name, string Email)? Author =>
        CommitAuthor?.Split(['<', '>']) is [{ } name, { } email, var rest]
        && (name.Trim(), email.Trim(), rest.Trim()) is ({ Length: > 0 } who, { Length: > 0 } at, "")
        && !CommitAuthor.Any(char.IsControl)
            ? (who, at)
            : null;

    internal IEnumerable<IsolationFault> Validate()
    {
        static IsolationFault? Check(
            bool holds,
            object? value,
            string remedy,
            [CallerArgumentExpression(nameof(value))] string? name = null
        ) => holds ? null : new IsolationFault(SchedulingCodes.BadOption, $"{name} is {value ?? "null"}.", remedy);
        static bool IsLimit(TimeSpan value) => value > TimeSpan.Zero && value <= MaxLimit;
        static bool IsGrace(TimeSpan value) => value >= TimeSpan.Zero && value <= TimeSpan.FromHours(1);
        string limit = $"Give a positive time of at most {MaxLimit.Days} days.";
        const string Grace = "Give a time from zero to one hour.";
        const string Hundred = "Give a number from 1 to 100.";
        IsolationFault?[] checks =
        [
            Check(MaxWorkers is >= 1 and <= 1000, MaxWorkers, "Give a number from 1 to 1000."),
            Check(MaxAttempts is >= 1 and <= 100, MaxAttempts, Hundred),
            Check(MaxNodeLosses is >= 1 and <= 100, MaxNodeLosses, Hundred),
            Check(MaxPendingMerges is null or >= 1, MaxPendingMerges, "Give a positive number, or null."),
            Check(IsGrace(RetryDelay), RetryDelay, Grace),
            Check(IsLimit(AttemptTimeout), AttemptTimeout, limit),
            Check(IsLimit(SetupTimeout), SetupTimeout, limit),
            Check(IsGrace(StopGrace), StopGrace, Grace),
            Check(IsGrace(DrainTimeout), DrainTimeout, Grace),
            Check(IsLimit(QuietAfter), QuietAfter, limit),
            Check(
                CommitAuthor is null || Author is not null,
                CommitAuthor,
                "Give a name and an address: Build bot <bot@example.org>."
            ),
            Check(Enum.IsDefined(OnFailure), OnFailure, "Use one of ReleaseMode's values."),
        ];
        return checks.OfType<IsolationFault>();
    }
}
