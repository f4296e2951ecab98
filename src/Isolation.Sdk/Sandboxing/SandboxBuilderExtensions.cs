using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Sandboxing;
using Isolation.Sdk.Sandboxing.Environments;
using Isolation.Sdk.Sandboxing.Seals;

namespace Isolation.Sdk;

/// <summary>Built-in ways to keep workers' state apart.</summary>
public static class SandboxBuilderExtensions
{
    /// <summary>Environment, home, temp, config, caches, ports and processes of each worker's own, made of ordinary processes.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options.</param>
    public static IsolationPipelineBuilder UseProcessSandbox(
        this Axis<IStateSandbox> axis,
        Action<ProcessSandboxOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(axis);
        ProcessSandboxOptions options = new();
        configure?.Invoke(options);
        return axis.UseProcesses(options, SealLevel.Cooperative, _ => null);
    }

    /// <summary>What <see cref="UseProcessSandbox"/> gives, and beside it the kernel confines each process: it reads the system and its own, writes its own, and reaches no other worker's processes nor the network. Linux 6.12 or later; no rights are needed.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options.</param>
    public static IsolationPipelineBuilder UseConfinedSandbox(
        this Axis<IStateSandbox> axis,
        Action<ProcessSandboxOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(axis);
        ProcessSandboxOptions options = new();
        configure?.Invoke(options);
        return axis.UseProcesses(options, SealLevel.Guarded, _ => new ConfinedSeal());
    }

    /// <summary>What <see cref="UseProcessSandbox"/> gives, in namespaces of the worker's own: other workers, their processes, the network and whatever it may not touch are not there. Linux with user namespaces and bubblewrap.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options. A leased port exists only inside: the host cannot reach it.</param>
    public static IsolationPipelineBuilder UseSealedSandbox(
        this Axis<IStateSandbox> axis,
        Action<ProcessSandboxOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(axis);
        ProcessSandboxOptions options = new();
        configure?.Invoke(options);
        return axis.UseProcesses(options, SealLevel.Sealed, time => new BubblewrapSeal(time));
    }

    private static IsolationPipelineBuilder UseProcesses(
        this Axis<IStateSandbox> axis,
        ProcessSandboxOptions options,
        SealLevel reaches,
        Func<TimeProvider, IProcessSeal?> seal
    )
    {
        ProcessSandbox Create(IServiceProvider services)
        {
            GitRepositories repositories = services.Of<GitRepositories>() ?? new GitRepositories();
            return new ProcessSandbox(
                options,
                services.Time(),
                services.Of<WorkersFolder>(),
                git: async (repository, token) =>
                    HostGit.Of(await repositories.OpenAsync(repository.Path, token).ConfigureAwait(false)),
                seal: seal(services.Time())
            );
        }

        return axis.Use(Create, reaches);
    }
}
