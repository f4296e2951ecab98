using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Merging;

/// <summary>Captured work that wants to land.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Capture">What it made: the exact commit that will be stacked, tested and landed.</param>
public sealed record MergeRequest(AttemptId Attempt, Capture Capture)
{
    /// <summary>One line for the landed commit. <value>The attempt's printed form.</value></summary>
    public string? Title { get; init; }

    /// <summary>Higher goes first. <value>0.</value></summary>
    public int Priority { get; init; }

    /// <summary>What must have landed before: these attempts, or later ones of the same items.</summary>
    public IReadOnlyList<AttemptId> DependsOn { get; init; } = [];

    /// <summary>Whether it is tested and landed by itself, never together with others. <value>false.</value></summary>
    public bool Exclusive { get; init; }

    /// <summary>Whether it goes on while the queue is paused because the target itself is red.
    /// <value>false.</value></summary>
    public bool FixesTarget { get; init; }

    /// <summary>The short name of the branch to delete when it lands; <see langword="null"/> for none.</summary>
    public string? Branch { get; init; }
}
