namespace Isolation.Sdk.Merging;

/// <summary>What anyone can read of a merge queue without opening it: the refs, the lock, the actor's note and the gate log say it all.</summary>
/// <param name="Target">Where its work lands.</param>
/// <param name="Commit">The target's commit; <see langword="null"/> when the branch is gone.</param>
public sealed record QueueReport(MergeTarget Target, string? Commit)
{
    /// <summary>Whether a process acts now: tests and lands. Otherwise work waits for the next one that opens the queue.</summary>
    public bool IsActing { get; init; }

    /// <summary>Why the queue lands nothing; <see langword="null"/> while it goes on.</summary>
    public QueuePause? Pause { get; init; }

    /// <summary>What keeps the acting process from landing anything: the target is checked out with changes, say.</summary>
    public string? Obstacle { get; init; }

    /// <summary>How many candidates the acting process tests at once, at most; <see langword="null"/> while it tests none.</summary>
    public int? MaxConcurrency { get; init; }

    /// <summary>What is in the gate now, the shortest candidate first.</summary>
    public IReadOnlyList<QueueCandidate> Testing { get; init; } = [];

    /// <summary>What was submitted and is still in it: those that may go on first, in landing order.</summary>
    public IReadOnlyList<QueuedAttempt> Items { get; init; } = [];

    /// <summary>What landed last, newest first, at most 20.</summary>
    public IReadOnlyList<QueuedAttempt> Landed { get; init; } = [];

    /// <summary>How runs of the gate ended: of the one that ran last, in the environment it ran in, as far as the log goes back.</summary>
    public GateStatistics Gates { get; init; } = new();
}

/// <summary>Why a queue lands nothing.</summary>
/// <param name="Kind">In a word: <see cref="MergeHoldReason.Paused"/>, <see cref="MergeHoldReason.BaseBroken"/> or <see cref="MergeHoldReason.Infra"/>.</param>
/// <param name="Reason">In a sentence.</param>
public sealed record QueuePause(MergeHoldReason Kind, string Reason)
{
    /// <summary>What has at least this priority passes. <value>null: nothing does.</value></summary>
    public int? MinimumPriority { get; init; }

    /// <summary>The commit of the target that does not pass the gate by itself: it ends with another one, and what is marked to mend it passes.</summary>
    public string? BrokenTarget { get; init; }
}

/// <summary>One candidate in the gate: the target with everything up to one item.</summary>
/// <param name="Commit">The commit that is tested, and lands if it is green.</param>
/// <param name="Tree">Its tree.</param>
/// <param name="Attempts">What it brings, in landing order; none when the target itself is tested.</param>
/// <param name="Since">Since when.</param>
/// <param name="IsRetry">Whether a red verdict is being checked by a second run.</param>
public sealed record QueueCandidate(
    string Commit,
    string Tree,
    IReadOnlyList<AttemptId> Attempts,
    DateTimeOffset Since,
    bool IsRetry
)
{
    /// <summary>Whether it is the target by itself, to find out who is at fault.</summary>
    public bool IsTarget => Attempts.Count == 0;
}
