using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

/// <summary>Private clones: a repository of its own, refs, config, hooks, stash and index included; only the objects it starts from are borrowed.</summary>
internal sealed class PrivateCloneProvider(
    PrivateCloneOptions options,
    TimeProvider time,
    WorkersDirectory? workers = null,
    GitRepository? opened = null,
    GitRepositoryCache? repositories = null
) : GitWorkspaceProvider(options, time, workers, opened, repositories)
{
    private readonly PrivateCloneOptions _options = options;
    private readonly CloneSettings _settings = new();

    /// <inheritdoc/>
    protected override IsolationGuarantees Seals =>
        IsolationGuarantees.Files
        | IsolationGuarantees.Refs
        | IsolationGuarantees.GitConfig
        | IsolationGuarantees.Hooks
        | IsolationGuarantees.Stash;

    /// <inheritdoc/>
    protected override async Task<GitWorkspace> MakeAsync(
        WorkspaceMaterializer filler,
        WorkspaceRequest request,
        bool issue,
        Task<TemplateTree?>? parked,
        CancellationToken cancellationToken
    ) =>
        await new CloneMaker(_options, filler, _settings, request, parked) { Issue = issue }
            .MakeAsync(cancellationToken)
            .ConfigureAwait(false);
}
