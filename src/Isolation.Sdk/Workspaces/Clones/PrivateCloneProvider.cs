using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Workspaces.Trees;

namespace Isolation.Sdk.Workspaces.Clones;

/// <summary>Private clones: a repository of its own, refs, config, hooks, stash and index included; only the objects it starts from are borrowed.</summary>
internal sealed class PrivateCloneProvider(
    PrivateCloneOptions options,
    TimeProvider time,
    WorkersFolder? workers = null,
    GitRepository? opened = null,
    GitRepositories? repositories = null
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
        WorkspaceFiller filler,
        WorkspaceRequest request,
        bool issue,
        Task<PreparedTree?>? parked,
        CancellationToken cancellationToken
    ) =>
        await new CloneMaker(_options, filler, _settings, request, parked) { Issue = issue }
            .MakeAsync(cancellationToken)
            .ConfigureAwait(false);
}
