using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Workspaces;

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
}
