using Isolation.Sdk.Contexts;

namespace Isolation.Sdk.Tracking;

/// <summary>A hold on an item.</summary>
/// <param name="Item">The item.</param>
/// <param name="Token">Names this claim among all of the item's: a later claim fences it out.</param>
/// <param name="Owner">Who holds it.</param>
/// <param name="Expires">When it ends unless it is renewed.</param>
public sealed record WorkClaim(WorkItem Item, string Token, string Owner, DateTimeOffset Expires)
{
    /// <summary>Which attempt at the item this is, over all runs; 1 for the first.</summary>
    public int Number { get; init; }

    /// <summary>The previous attempt; <see langword="null"/> for a first one.</summary>
    public AttemptId? Previous { get; init; }

    /// <summary>
    /// The attempt of a claim that was lost, which may still run; <see langword="null"/> if there is none.
    /// </summary>
    public AttemptId? Running { get; init; }

    /// <summary>Why the previous attempt failed.</summary>
    public string? PreviousFailure { get; init; }

    /// <summary>How the previous attempt collided with the target; <see langword="null"/> if it did not.</summary>
    public PreviousConflict? PreviousConflict { get; init; }

    /// <summary>What a suspended attempt left for this one.</summary>
    public string? ResumeToken { get; init; }
}
