using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Sandboxing;

namespace Isolation.Sdk;

/// <summary>Built-in ways to keep workers' state apart.</summary>
public static class SandboxBuilderExtensions
{
    /// <summary>Environment, home, temp, config, caches, ports and processes of each worker's own, made of ordinary processes.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options.</param>
    public static IsolationPipelineBuilder UseProcessSandbox(this Axis<IStateSandbox> axis, Action<ProcessSandboxOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(axis);
        ProcessSandboxOptions options = new();
        configure?.Invoke(options);
        return axis.Use(services =>
        {
            GitRepositories repositories = services.Of<GitRepositories>() ?? new GitRepositories();
            return new ProcessSandbox(options, services.Time(), services.Of<WorkersFolder>(), git: async (repository, token) => HostGit.Of(await repositories.OpenAsync(repository.Path, token).ConfigureAwait(false)));
        });
    }
}
