using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

internal sealed record WorkspaceContext(
    GitRepository Repository,
    WorkersDirectory Workers,
    TimeProvider Time,
    Trash Trash
)
{
    public WorkspaceOptions Options { get; init; } = new();

    public FaultPoints Faults { get; init; }

    // A tree made with other settings is another tree.
    public CheckoutSettings Settings { get; } = new(Repository);

    public Task<OsFileLock> LockAsync(CancellationToken cancellationToken) =>
        OsFileLock.AcquireAsync(Repository.WorktreeLock, Time, cancellationToken);
}
