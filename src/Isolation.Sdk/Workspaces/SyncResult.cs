namespace Isolation.Sdk.Workspaces;

/// <summary>The result of bringing the target into a worker's own branch.</summary>
/// <param name="Outcome">Whether the target is part of the branch.</param>
/// <param name="From">The commit of the branch before; empty if there was none.</param>
/// <param name="To">The commit of the branch now.</param>
public sealed record SyncResult(SyncOutcome Outcome, string From, string To)
{
    /// <summary>The target's commit; <see langword="null"/> if it was not found.</summary>
    public string? With { get; init; }

    /// <summary>The paths that collided or were in the way: uncommitted changes, untracked files.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>Why the target is not part of the branch, in one line.</summary>
    public string? Reason { get; init; }
}

/// <summary>Whether the target is part of a worker's branch.</summary>
public enum SyncOutcome
{
    // First, so that what was never set is no success.

    /// <summary>It was not tried, and nothing changed. <see cref="SyncResult.Reason"/> says why.</summary>
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
    /// <summary>Rebases the worker's commits onto it; merges among them become plain commits.</summary>
    Rebase,

    /// <summary>Adds one merge commit on top of the worker's commits.</summary>
    Merge,
}
