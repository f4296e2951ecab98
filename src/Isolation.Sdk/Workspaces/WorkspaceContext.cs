using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

/// <summary>What everything shares that fills, recycles or removes workspaces of one repository.</summary>
internal sealed record WorkspaceContext(
    GitRepository Repository,
    WorkersDirectory Workers,
    TimeProvider Time,
    Trash Trash
)
{
    /// <summary>Called at each named step, for tests that end the process there.</summary>
    public FaultPoints Faults { get; init; } = FaultPoints.None;

    /// <summary>What decides how files of the same commit look: a tree made with other settings is another tree.</summary>
    public CheckoutSettings Settings { get; } = new(Repository);
}
