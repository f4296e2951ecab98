namespace Isolation.Sdk.Merging;

/// <summary>Captured work on its way to a target, as the repository's refs tell it to anyone, whether or not a queue is open.</summary>
/// <param name="Target">Where it wants to land, or has landed.</param>
/// <param name="Status">Where it is.</param>
/// <param name="Commit">The exact commit that was captured: what an approval has to name.</param>
public sealed record QueuedAttempt(MergeTarget Target, MergeStatus Status, string Commit)
{
    /// <summary>The attempt.</summary>
    public AttemptId Attempt => Status.Attempt;

    /// <summary>The commit it started from; <see langword="null"/> once it has landed.</summary>
    public string? BaseCommit { get; init; }

    /// <summary>In the gate: since when. Landed: when the commit that brought it was made. Otherwise: when it was submitted. <see langword="null"/> when nothing says so.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Its title.</summary>
    public string? Title { get; init; }

    /// <summary>The paths it changes; empty once it has landed, or when they are too many to be carried along.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Whether someone has to approve exactly this commit before anything else happens.</summary>
    public bool AwaitsApproval { get; init; }

    /// <summary>Whether its merged tree has to pass a gate, so that only a queue with one may land it.</summary>
    public bool NeedsGate { get; init; }

    /// <summary>Who approved it; <see langword="null"/> while nobody has.</summary>
    public string? ApprovedBy { get; init; }
}
