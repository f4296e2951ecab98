using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk;

public static partial class IsolationBuilderExtensions
{
    /// <summary>
    /// Keeps the files of released workspaces: cleaned behind, verified entry by entry, and handed to the next attempt by a rename. Branch, index, config, hooks and all else that git keeps are always
    /// made new. It wraps git worktrees or private clones themselves: other decorators go outside of it, so add them before.
    /// </summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options.</param>
    /// <exception cref="IsolationConfigurationException">On building. ISO0318: the workspaces are somebody else's or wrapped already, or the size is none.</exception>
    public static IsolationPipelineBuilder UseWarmPool(
        this Axis<IWorkspaceProvider> axis,
        Action<WorkspacePoolOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(axis);
        WorkspacePoolOptions options = new();
        configure?.Invoke(options);
        return axis.Decorate((inner, _) => WorkspacePool.Around(inner, options));
    }
}
