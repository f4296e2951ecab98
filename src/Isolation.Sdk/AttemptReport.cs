using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk;

/// <summary>What became of an attempt, and where its work is. Plain data: it can come from another machine as JSON.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Result">What the runner said, or <see cref="RunResult.Failed"/> when it could not say anything.</param>
public sealed record AttemptReport(AttemptId Attempt, RunResult Result)
{
    /// <summary>The captured commit; <see langword="null"/> when there was nothing to capture.</summary>
    public string? Commit { get; init; }

    /// <summary>The commit its own work starts from: where it started, or what it has brought in from the target since.</summary>
    public string? BaseCommit { get; init; }

    /// <summary>The worker's branch in the repository, short form; <see langword="null"/> when it has none there, as with a private clone.</summary>
    public string? Branch { get; init; }

    /// <summary>Where to fetch the commit from; <see langword="null"/> when it is in the repository already.</summary>
    public string? FetchFrom { get; init; }

    /// <summary>What it changed.</summary>
    public IReadOnlyList<FileChange> Changes { get; init; } = [];

    /// <summary>What was written outside what the worker owns; anything here keeps the attempt from merging.</summary>
    public IReadOnlyList<string> Contamination { get; init; } = [];

    /// <summary>What else the host should know: what changed in its process while this and other workers of the same process ran. It keeps nothing from merging, for the host's own code may have done it.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Whether all of <see cref="Contamination"/> was done to it by others, or may have been done by others: its work cannot be trusted, and its item may be tried again.</summary>
    public bool IsVictim { get; init; }

    /// <summary>The fault that ended it, if one did.</summary>
    public IsolationFault? Fault { get; init; }

    /// <summary>The stage in which it ended early; <see langword="null"/> when it ran to its end.</summary>
    public Stage? FailedIn { get; init; }

    /// <summary>Whether its time ran out.</summary>
    public bool TimedOut { get; init; }

    /// <summary>The directory that was kept; <see langword="null"/> when it was removed.</summary>
    public string? KeptWorkspace { get; init; }

    /// <summary>The worker's log.</summary>
    public string? Log { get; init; }

    /// <summary>What its command said, bounded; <see langword="null"/> for a runner in the host's process.</summary>
    public string? Output { get; init; }

    /// <summary>What it cost.</summary>
    public AttemptCost Cost { get; init; } = new();
}

/// <summary>What an attempt cost.</summary>
public sealed record AttemptCost
{
    /// <summary>Milliseconds until its runner could start.</summary>
    public long SetupMs { get; init; }

    /// <summary>Milliseconds its runner took.</summary>
    public long RunMs { get; init; }

    /// <summary>Bytes that its workspace and state took of the disk at the end: allocated blocks; those shared with others (a reflink, a snapshot) are not counted.</summary>
    public long Bytes { get; init; }

    /// <summary>The estimated tokens of its briefing.</summary>
    public int BriefingTokens { get; init; }
}
