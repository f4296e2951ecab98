using Isolation.Sdk.Composition;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.DependencyInjection;

namespace Isolation.Sdk;

/// <summary>The built-in choices for each axis and for the runner.</summary>
public static partial class IsolationBuilderExtensions
{
    /// <summary>Gives each attempt a linked git worktree, on a branch of its own.</summary>
    public static IsolationPipelineBuilder UseGitWorktrees(
        this Axis<IWorkspaceProvider> axis,
        Action<WorkspaceOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(axis);
        return axis.Use(
            services => new GitWorktreeProvider(
                services.GetOptions(configure, static o => o.Validate()),
                services.GetRequiredService<TimeProvider>(),
                services.GetService<WorkersDirectory>(),
                services.GetService<GitRepositoryCache>()
            ),
            SandboxLevel.Cooperative
        );
    }

    /// <summary>
    /// Gives each attempt a private clone: refs, config, hooks, stash and index of its own, objects borrowed from the
    /// repository. It costs what a worktree costs. No other worker notices what a worker's git does there; what it made
    /// is collected into the attempt's ref.
    /// </summary>
    public static IsolationPipelineBuilder UsePrivateClones(
        this Axis<IWorkspaceProvider> axis,
        Action<WorkspaceOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(axis);
        return axis.Use(
            services => new PrivateCloneProvider(
                services.GetOptions(configure, static o => o.Validate()),
                services.GetRequiredService<TimeProvider>(),
                services.GetService<WorkersDirectory>(),
                services.GetService<GitRepositoryCache>()
            ),
            SandboxLevel.Sealed
        );
    }

    /// <summary>Adds a symbolic link to make in each workspace.</summary>
    /// <param name="options">The options.</param>
    /// <param name="path">Where the link is, relative to the top of the workspace.</param>
    /// <param name="target">
    /// What it points to, absolute or relative to the canonical checkout. <value>null: the same path in the canonical
    /// checkout.</value>
    /// </param>
    public static WorkspaceOptions AddSymbolicLink(this WorkspaceOptions options, string path, string? target = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        options.SymbolicLinks[path] = target ?? path;
        return options;
    }
}
