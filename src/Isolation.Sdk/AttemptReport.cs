using System.Text.Json;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk;

/// <summary>How an attempt ended, and where its work is. It is plain data and can come from another machine.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Result">What the runner said, or <see cref="RunResult.Failed"/> if it could not say anything.</param>
public sealed record AttemptReport(AttemptId Attempt, RunResult Result)
{
    /// <summary>The version of this document.</summary>
    public int Schema { get; init; } = DispatchJson.Schema;

    /// <summary>The machine that carried the attempt out: <see cref="KeptWorkspace"/>, <see cref="Log"/> and
    /// <see cref="Output"/> are paths there.</summary>
    public string? Node { get; init; }

    /// <summary>The captured commit; <see langword="null"/> if there was nothing to capture.</summary>
    public string? Commit { get; init; }

    /// <summary>The commit that the attempt's own work starts from: its base, or what it has brought in from the target
    /// since.</summary>
    public string? BaseCommit { get; init; }

    /// <summary>The worker's branch in the repository, short form; <see langword="null"/> if it has none
    /// there.</summary>
    public string? Branch { get; init; }

    /// <summary>The name of the remote whose attempt ref has the commit; <see langword="null"/> if the commit is in the
    /// repository.</summary>
    public string? FetchFrom { get; init; }

    /// <summary>The changed files. They do not travel: whoever collects the commit computes them.</summary>
    public IReadOnlyList<FileChange> Changes { get; init; } = [];

    /// <summary>What was written outside what the worker owns. Anything here keeps the attempt from merging.</summary>
    public IReadOnlyList<string> Contamination { get; init; } = [];

    /// <summary>What changed while this worker ran, in the host's process or in what all share of the repository, and
    /// what it made beside its commits, with the place where that is kept. It keeps nothing from merging.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Why its work is held in the merge queue until someone approves it; each says what to do.</summary>
    public IReadOnlyList<string> Holds { get; init; } = [];

    /// <summary>How many ignored files were kept beside <see cref="Log"/>, in <c>&lt;attempt&gt;.ignored</c>.</summary>
    public int IgnoredFiles { get; init; }

    /// <summary>Whether others caused, or may have caused, all of <see cref="Contamination"/>: the work cannot be
    /// trusted, and the item may be tried again.</summary>
    public bool IsVictim { get; init; }

    /// <summary>The fault that ended the attempt, if one did.</summary>
    public IsolationFault? Fault { get; init; }

    /// <summary>The exception that ended the attempt, with its stack trace and inner exceptions, if one did.</summary>
    public string? Exception { get; init; }

    /// <summary>The stage in which the attempt ended early; <see langword="null"/> if it ran to its end.</summary>
    public Stage? FailedIn { get; init; }

    /// <summary>Whether the attempt's time ran out.</summary>
    public bool TimedOut { get; init; }

    /// <summary>The directory that was kept; <see langword="null"/> if it was removed.</summary>
    public string? KeptWorkspace { get; init; }

    /// <summary>The worker's log.</summary>
    public string? Log { get; init; }

    /// <summary>The output of the runner's command, up to a limit; <see langword="null"/> for a runner in the host's
    /// process.</summary>
    public string? Output { get; init; }

    /// <summary>What the attempt cost.</summary>
    public AttemptCost Cost { get; init; } = new();

    /// <summary>Reads a report.</summary>
    /// <exception cref="IsolationException">ISO0771: it is incomplete; ISO0772: its schema is newer than this
    /// version.</exception>
    public static AttemptReport Parse(ReadOnlySpan<byte> utf8Json) =>
        DispatchJson.Parse(utf8Json, DispatchJson.Default.AttemptReport, static r => (r.Attempt, r.Schema));

    /// <summary>Writes the report as UTF-8 JSON, on one line and without <see cref="Changes"/>.</summary>
    public byte[] ToJson() =>
        JsonSerializer.SerializeToUtf8Bytes(this with { Changes = [] }, DispatchJson.Default.AttemptReport);

    internal string? FindFault() =>
        Result is null ? "it has no result"
        : Schema is < 1 or > DispatchJson.Schema ? $"its schema is {Schema}"
        : Result is RunResult.Done && Commit is null ? "it is done, and names no commit"
        : Commit is not null && !IsId(Commit) || BaseCommit is not null && !IsId(BaseCommit)
            ? "its commits are no full ids"
        : null;

    private static bool IsId(string id) => id.Length is 40 or 64 && id.All(char.IsAsciiHexDigitLower);
}

/// <summary>What an attempt cost.</summary>
public sealed record AttemptCost
{
    /// <summary>Milliseconds until its runner could start.</summary>
    public long SetupMs { get; init; }

    /// <summary>Milliseconds its runner took.</summary>
    public long RunMs { get; init; }

    /// <summary>Bytes that its workspace and state took of the disk at the end: allocated blocks; those shared with
    /// others (a reflink, a snapshot) are not counted.</summary>
    public long Bytes { get; init; }

    /// <summary>The estimated tokens of its briefing.</summary>
    public int BriefingTokens { get; init; }
}
