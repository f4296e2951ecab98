using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Workspaces;
using Isolation.Sdk.Workspaces.Clones;
using Isolation.Sdk.Workspaces.Worktrees;

namespace Isolation.Sdk;

/// <summary>Built-in ways to make workspaces.</summary>
public static class WorkspaceBuilderExtensions
{
    /// <summary>A linked git worktree for each attempt, on a branch of its own.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options.</param>
    public static IsolationPipelineBuilder UseGitWorktrees(this Axis<IWorkspaceProvider> axis, Action<GitWorktreeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(axis);
        GitWorktreeOptions options = new();
        configure?.Invoke(options);
        return axis.Use(services => new GitWorktreeProvider(options, services.Time(), services.Of<WorkersFolder>(), repositories: services.Of<GitRepositories>()), SealLevel.Cooperative);
    }

    /// <summary>
    /// A private clone for each attempt: refs, config, hooks, stash and index of its own, objects borrowed from the repository. It costs what a worktree costs, and what a worker's git does there
    /// nobody else notices; what it made is collected into the attempt's ref.
    /// </summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options.</param>
    public static IsolationPipelineBuilder UsePrivateClones(this Axis<IWorkspaceProvider> axis, Action<PrivateCloneOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(axis);
        PrivateCloneOptions options = new();
        configure?.Invoke(options);
        return axis.Use(services => new PrivateCloneProvider(options, services.Time(), services.Of<WorkersFolder>(), repositories: services.Of<GitRepositories>()), SealLevel.Sealed);
    }
}
