using System.Text.Json;

namespace Isolation.Sdk.Merging;

/// <summary>What anyone can read of a merge queue without opening it.</summary>
/// <param name="Target">Where its work lands.</param>
/// <param name="Commit">The target's commit; <see langword="null"/> when the branch is gone.</param>
public sealed record QueueReport(MergeTarget Target, string? Commit)
{
    /// <summary>Whether a process tests and lands now.</summary>
    public bool IsActing { get; init; }

    /// <summary>Why the queue lands nothing; <see langword="null"/> while it goes on.</summary>
    public QueuePause? Pause { get; init; }

    /// <summary>What keeps the acting process from landing anything, for example a checkout of the target.</summary>
    public string? Obstacle { get; init; }

    /// <summary>The maximum number of candidates tested at once; <see langword="null"/> while none is.</summary>
    public int? MaxConcurrency { get; init; }

    /// <summary>What is in the gate now, the shortest candidate first.</summary>
    public IReadOnlyList<QueueCandidate> Testing { get; init; } = [];

    /// <summary>What is in the queue; first what may go on, in landing order.</summary>
    public IReadOnlyList<MergeStatus> Items { get; init; } = [];

    /// <summary>What landed last, newest first, at most 20.</summary>
    public IReadOnlyList<MergeStatus> Landed { get; init; } = [];

    /// <summary>How many runs of the newest gate, in its environment, ended with which verdict, as far as the log goes
    /// back.</summary>
    public IReadOnlyDictionary<GateVerdict, int> GateResults { get; init; } = new Dictionary<GateVerdict, int>();

    /// <summary>How many of the passes were of a tree that had been red: such a gate is flaky.</summary>
    public int FlakyPasses { get; init; }
}

/// <summary>One candidate in the gate: the target with everything up to one item.</summary>
/// <param name="Commit">The commit that is tested, and lands if it is green.</param>
/// <param name="Tree">Its tree.</param>
/// <param name="Attempts">What it brings, in landing order; none when the target itself is tested.</param>
public sealed record QueueCandidate(string Commit, string Tree, IReadOnlyList<AttemptId> Attempts)
{
    /// <summary>When the test began.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>Whether a red verdict is checked by a second run.</summary>
    public bool IsRetry { get; init; }

    /// <summary>Whether it is the target by itself, to find out who is at fault.</summary>
    public bool IsTarget => Attempts.Count == 0;

    internal string Name =>
        Attempts.Count switch
        {
            0 => "the target",
            1 => Attempts[0].ToString(),
            _ => $"{Attempts[0]} to {Attempts[^1]}",
        };
}

/// <summary>Why a queue lands nothing.</summary>
/// <param name="Kind">In a word: <see cref="MergeHoldReason.Paused"/>, <see cref="MergeHoldReason.BaseBroken"/> or
/// <see cref="MergeHoldReason.Infra"/>.</param>
/// <param name="Reason">In a sentence.</param>
public sealed record QueuePause(MergeHoldReason Kind, string Reason)
{
    /// <summary>Work with at least this priority lands all the same. <value>null: nothing does.</value></summary>
    public int? MinimumPriority { get; init; }

    /// <summary>The commit of the target that is red by itself: the pause ends with another one, and work that fixes
    /// the target may land.</summary>
    public string? BrokenTarget { get; init; }

    internal string ToJson() => JsonSerializer.Serialize(this, QueueJson.Default.QueuePause);

    internal static QueuePause? Parse(string json) => QueueJson.TryRead(json, QueueJson.Default.QueuePause);

    internal ItemHold? Holds(QueueItem item) =>
        (BrokenTarget is null ? item.Priority >= MinimumPriority : item.FixesTarget)
            ? null
            : new ItemHold(Kind, Reason);
}
