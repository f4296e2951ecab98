namespace Isolation.Sdk.Workspaces;

/// <summary>What became of bringing the target into a worker's own branch.</summary>
/// <param name="Outcome">Whether it is in.</param>
/// <param name="From">The commit the branch was at before; empty when there was none to tell.</param>
/// <param name="To">The commit the branch is at now: the same one unless <see cref="SyncOutcome.Synced"/>.</param>
public sealed record SyncResult(SyncOutcome Outcome, string From, string To)
{
    /// <summary>
    /// The commit that was, or would have been, brought in; <see langword="null"/> when it was not found.
    /// </summary>
    public string? With { get; init; }

    /// <summary>
    /// The paths that collided, or stood in the way: uncommitted changes, files that git does not track.
    /// </summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>Why not, in a line; <see langword="null"/> when it is in.</summary>
    public string? Reason { get; init; }
}

/// <summary>Whether the target is part of a worker's branch.</summary>
public enum SyncOutcome
{
    /// <summary>
    /// It was not tried, and nothing changed: <see cref="SyncResult.Reason"/> says what has to be different first. The
    /// first one, so that what was never set is no success.
    /// </summary>
    Refused,

    /// <summary>It collided, and nothing changed: branch, index and files are as they were.</summary>
    Conflict,

    /// <summary>It was part of the branch already.</summary>
    UpToDate,

    /// <summary>It is part of the branch now.</summary>
    Synced,
}

/// <summary>How the target is brought into a worker's branch.</summary>
public enum SyncMode
{
    /// <summary>The worker's commits are put on top of it, one by one; merges among them become plain.</summary>
    Rebase,

    /// <summary>One merge commit on top of the worker's.</summary>
    Merge,
}
