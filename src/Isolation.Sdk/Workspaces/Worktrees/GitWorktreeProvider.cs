using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

/// <summary>Linked worktrees: a directory of its own, on a branch of its own, objects and refs shared with the repository.</summary>
internal sealed class GitWorktreeProvider(
    GitWorktreeOptions options,
    TimeProvider time,
    WorkersDirectory? workers = null,
    GitRepository? opened = null,
    GitRepositoryCache? repositories = null
) : GitWorkspaceProvider(options, time, workers, opened, repositories)
{
    private readonly GitWorktreeOptions _options = options;

    /// <inheritdoc/>
    protected override IsolationGuarantees Seals => IsolationGuarantees.Files;

    /// <inheritdoc/>
    protected override async Task<GitWorkspace> MakeAsync(
        WorkspaceMaterializer filler,
        WorkspaceRequest request,
        bool issue,
        Task<TemplateTree?>? parked,
        CancellationToken cancellationToken
    ) =>
        await new WorktreeMaker(_options, filler, request, parked) { Issue = issue }
            .MakeAsync(cancellationToken)
            .ConfigureAwait(false);
}
