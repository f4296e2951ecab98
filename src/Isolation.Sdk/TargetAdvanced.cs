namespace Isolation.Sdk;

/// <summary>The target moved while a worker ran: by a landing, here or in another process, or by somebody's
/// push.</summary>
/// <param name="Target">The target branch, short form.</param>
/// <param name="From">The commit it was at when this worker was last told; for the first time, the one the worker
/// started from.</param>
/// <param name="To">The commit it is at. The object is in the repository, so a linked worktree can rebase onto it or
/// merge it.</param>
/// <param name="Paths">Paths that differ between the two, the first 200 by name.</param>
public sealed record TargetAdvanced(string Target, string From, string To, IReadOnlyList<string> Paths)
{
    /// <summary>Whether there are more such paths than are named.</summary>
    public bool More { get; init; }

    /// <summary>Those of all the paths that this worker has changed too, in commits of its own; the first 200 by name.
    /// What it has not committed is not looked at.</summary>
    public IReadOnlyList<string> Overlapping { get; init; } = [];
}
