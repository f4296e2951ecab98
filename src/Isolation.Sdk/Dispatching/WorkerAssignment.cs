using Isolation.Sdk.Contexts;

namespace Isolation.Sdk.Dispatching;

/// <summary>One attempt to carry out. Plain data: it can be sent to another machine as JSON.</summary>
/// <param name="Attempt">The attempt, already issued.</param>
/// <param name="Item">The work item.</param>
/// <param name="BaseCommit">The full id of the commit to start from.</param>
public sealed record WorkerAssignment(AttemptId Attempt, WorkItem Item, string BaseCommit)
{
    /// <summary>Notes of the items it was blocked by.</summary>
    public IReadOnlyList<Handoff> Handoffs { get; init; } = [];

    /// <summary>Why the attempt before did not make it; <see langword="null"/> for a first one.</summary>
    public string? PreviousFailure { get; init; }

    /// <summary>How the attempt before collided with the target; <see langword="null"/> when it did not.</summary>
    public PreviousConflict? Conflict { get; init; }

    /// <summary>What a suspended run left for this one; <see langword="null"/> for a fresh start.</summary>
    public string? ResumeToken { get; init; }
}
