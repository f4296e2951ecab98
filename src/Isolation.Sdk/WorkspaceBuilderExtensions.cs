using Isolation.Sdk.Composition;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk;

/// <summary>The built-in choices for each axis and for the runner.</summary>
public static partial class IsolationBuilderExtensions
{
    /// <summary>A linked git worktree for each attempt, on a branch of its own.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options.</param>
    public static IsolationPipelineBuilder UseGitWorktrees(
        this Axis<IWorkspaceProvider> axis,
        Action<GitWorktreeOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(axis);
        GitWorktreeOptions options = new();
        configure?.Invoke(options);
        return axis.Use(
            services => new GitWorktreeProvider(
                options,
                services.Time(),
                services.Of<WorkersDirectory>(),
                repositories: services.Of<GitRepositoryCache>()
            ),
            SandboxLevel.Cooperative
        );
    }

    /// <summary>
    /// A private clone for each attempt: refs, config, hooks, stash and index of its own, objects borrowed from the repository. It costs what a worktree costs, and what a worker's git does there
    /// nobody else notices; what it made is collected into the attempt's ref.
    /// </summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options.</param>
    public static IsolationPipelineBuilder UsePrivateClones(
        this Axis<IWorkspaceProvider> axis,
        Action<PrivateCloneOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(axis);
        PrivateCloneOptions options = new();
        configure?.Invoke(options);
        return axis.Use(
            services => new PrivateCloneProvider(
                options,
                services.Time(),
                services.Of<WorkersDirectory>(),
                repositories: services.Of<GitRepositoryCache>()
            ),
            SandboxLevel.Sealed
        );
    }

    /// <summary>Makes a workspace only when disk and memory are free for it: until then its worker waits, and its status says for what; after <see cref="AdmissionOptions.Wait"/> it fails with ISO0317.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is negative.</exception>
    public static IsolationPipelineBuilder UseAdmission(
        this Axis<IWorkspaceProvider> axis,
        Action<AdmissionOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(axis);
        AdmissionOptions options = new();
        configure?.Invoke(options);
        ArgumentOutOfRangeException.ThrowIfNegative(
            Math.Min(Math.Min(options.FreeDisk, options.FreeFiles), options.FreeMemory),
            nameof(configure)
        );
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Wait, TimeSpan.Zero, nameof(configure));
        return axis.Decorate(
            (inner, services) =>
                new AdmissionProvider(
                    inner,
                    options,
                    services.Time(),
                    services.Of<WorkersDirectory>(),
                    services.Of<GitRepositoryCache>()
                )
        );
    }
}
