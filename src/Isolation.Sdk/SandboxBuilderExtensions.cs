using Isolation.Sdk.Composition;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk;

public static partial class IsolationBuilderExtensions
{
    /// <summary>
    /// Environment, home, temp, config, caches, ports and processes of each worker's own, made of ordinary processes.
    /// </summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options.</param>
    public static IsolationPipelineBuilder UseProcess(
        this Axis<IStateSandbox> axis,
        Action<ProcessSandboxOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(axis);
        ProcessSandboxOptions options = new();
        configure?.Invoke(options);
        return axis.UseProcesses(options, SandboxLevel.Cooperative, _ => null);
    }

    /// <summary>
    /// What <see cref="UseProcess"/> gives, and beside it the kernel confines each process: it reads the system and its
    /// own, writes its own, and reaches no other worker's processes nor the network. Linux 6.12 or later; no rights are
    /// needed.
    /// </summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options.</param>
    public static IsolationPipelineBuilder UseRestricted(
        this Axis<IStateSandbox> axis,
        Action<ProcessSandboxOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(axis);
        ProcessSandboxOptions options = new();
        configure?.Invoke(options);
        return axis.UseProcesses(options, SandboxLevel.Restricted, _ => new RestrictedConfinement());
    }

    /// <summary>
    /// What <see cref="UseProcess"/> gives, in namespaces of the worker's own: other workers, their processes, the
    /// network and whatever it may not touch are not there. Linux with user namespaces and bubblewrap.
    /// </summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options. A leased port exists only inside: the host cannot reach it.</param>
    public static IsolationPipelineBuilder UseSealed(
        this Axis<IStateSandbox> axis,
        Action<ProcessSandboxOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(axis);
        ProcessSandboxOptions options = new();
        configure?.Invoke(options);
        return axis.UseProcesses(options, SandboxLevel.Sealed, time => new BubblewrapConfinement(time));
    }

    private static IsolationPipelineBuilder UseProcesses(
        this Axis<IStateSandbox> axis,
        ProcessSandboxOptions options,
        SandboxLevel reaches,
        Func<TimeProvider, IProcessConfinement?> seal
    )
    {
        ProcessSandbox Create(IServiceProvider services)
        {
            GitRepositoryCache repositories = services.Of<GitRepositoryCache>() ?? new GitRepositoryCache();
            return new ProcessSandbox(
                options,
                services.Time(),
                services.Of<WorkersDirectory>(),
                git: async (repository, token) =>
                    WorkerGitConfig.Of(await repositories.OpenAsync(repository.Path, token).ConfigureAwait(false)),
                seal: seal(services.Time())
            );
        }

        return axis.Use(Create, reaches);
    }
}
