namespace Isolation.Sdk.Tracking;

/// <summary>A hold on an item.</summary>
/// <param name="Item">The item.</param>
/// <param name="Token">Names this claim among all of the item's: a later claim fences it out.</param>
/// <param name="Owner">Who holds it.</param>
/// <param name="Expires">When it ends unless renewed.</param>
public sealed record WorkClaim(WorkItem Item, string Token, string Owner, DateTimeOffset Expires)
{
    /// <summary>Where to go on.</summary>
    public ClaimKind Kind { get; init; }

    /// <summary>The attempt before this claim; <see langword="null"/> for a first one.</summary>
    public AttemptId? Previous { get; init; }

    /// <summary>Why the attempt before did not make it.</summary>
    public string? PreviousFailure { get; init; }

    /// <summary>What a suspended run left for the one that goes on.</summary>
    public string? ResumeToken { get; init; }
}

/// <summary>Where a claimed item goes on.</summary>
public enum ClaimKind
{
    /// <summary>With a new attempt.</summary>
    New,

    /// <summary>With a new run of a suspended item.</summary>
    Resumed,

    /// <summary>In the merge queue.</summary>
    AwaitingMerge,
}
