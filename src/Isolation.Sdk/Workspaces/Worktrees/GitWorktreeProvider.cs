using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Workspaces.Trees;

namespace Isolation.Sdk.Workspaces.Worktrees;

/// <summary>Linked worktrees: a directory of its own, on a branch of its own, objects and refs shared with the repository.</summary>
internal sealed class GitWorktreeProvider(
    GitWorktreeOptions options,
    TimeProvider time,
    WorkersFolder? workers = null,
    GitRepository? opened = null,
    GitRepositories? repositories = null
) : GitWorkspaceProvider(options, time, workers, opened, repositories)
{
    private readonly GitWorktreeOptions _options = options;

    /// <inheritdoc/>
    protected override IsolationGuarantees Seals => IsolationGuarantees.Files;

    /// <inheritdoc/>
    protected override async Task<GitWorkspace> MakeAsync(
        WorkspaceFiller filler,
        WorkspaceRequest request,
        bool issue,
        Task<PreparedTree?>? parked,
        CancellationToken cancellationToken
    ) =>
        await new WorktreeMaker(_options, filler, request, parked) { Issue = issue }
            .MakeAsync(cancellationToken)
            .ConfigureAwait(false);
}
