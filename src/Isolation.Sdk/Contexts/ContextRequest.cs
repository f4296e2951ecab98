using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Contexts;

/// <summary>All that may go into a context.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Item">The work item.</param>
/// <param name="Workspace">The workspace.</param>
/// <param name="State">The state scope's content.</param>
/// <param name="Handoffs">Notes of the items this one was blocked by.</param>
public sealed record ContextRequest(
    AttemptId Attempt,
    WorkItem Item,
    WorkspaceInfo Workspace,
    StateInfo State,
    IReadOnlyList<Handoff> Handoffs
)
{
    /// <summary>Why the attempt before this one did not make it; <see langword="null"/> for a first attempt.</summary>
    public string? PreviousFailure { get; init; }

    /// <summary>How the attempt before collided with the target; <see langword="null"/> when it did not.</summary>
    public PreviousConflict? Conflict { get; init; }
}
