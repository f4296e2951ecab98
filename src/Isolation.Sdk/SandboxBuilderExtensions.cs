using Isolation.Sdk.Composition;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Microsoft.Extensions.DependencyInjection;

namespace Isolation.Sdk;

public static partial class IsolationBuilderExtensions
{
    /// <summary>Gives each worker its own environment, home, temp folder, configuration, caches, ports and processes.
    /// The processes are ordinary ones.</summary>
    public static IsolationPipelineBuilder UseProcess(
        this Axis<IStateSandbox> axis,
        Action<ProcessSandboxOptions>? configure = null
    ) => UseProcesses(axis, configure, SandboxLevel.Cooperative);

    /// <summary>Gives what <see cref="UseProcess"/> gives, and has the kernel restrict each process: it reads the
    /// system and its own files, writes its own, and reaches neither other workers' processes nor the network. Needs
    /// Linux 6.12 or later, and no rights.</summary>
    public static IsolationPipelineBuilder UseRestricted(
        this Axis<IStateSandbox> axis,
        Action<ProcessSandboxOptions>? configure = null
    ) => UseProcesses(axis, configure, SandboxLevel.Restricted);

    /// <summary>Gives what <see cref="UseProcess"/> gives, in the worker's own namespaces: other workers, their
    /// processes, the network and whatever it may not touch do not exist there. Needs Linux with user namespaces and
    /// bubblewrap.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">A delegate to change the options. A leased port exists only inside: the host cannot
    /// reach it.</param>
    public static IsolationPipelineBuilder UseSealed(
        this Axis<IStateSandbox> axis,
        Action<ProcessSandboxOptions>? configure = null
    ) => UseProcesses(axis, configure, SandboxLevel.Sealed);

    /// <summary>Adds a command.</summary>
    /// <param name="commands">The commands, as <see cref="ProcessSandboxOptions.Teardown"/>.</param>
    /// <param name="file">The program.</param>
    /// <param name="arguments">The arguments.</param>
    public static void Add(this IList<WorkerCommand> commands, string file, params string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(commands);
        commands.Add(WorkerCommand.Of(file, arguments));
    }

    private static IsolationPipelineBuilder UseProcesses(
        Axis<IStateSandbox> axis,
        Action<ProcessSandboxOptions>? configure,
        SandboxLevel level
    )
    {
        ArgumentNullException.ThrowIfNull(axis);
        return axis.Use(
            services =>
            {
                ProcessSandboxOptions options = services.GetOptions(configure, static o => o.Validate());
                TimeProvider time = services.GetRequiredService<TimeProvider>();
                GitRepositoryCache repositories = services.GetRequiredService<GitRepositoryCache>();
                return new ProcessSandbox(
                    options,
                    time,
                    services.GetService<WorkersDirectory>(),
                    async (repository, token) =>
                        WorkerGitConfig.Of(await repositories.OpenAsync(repository.Path, token).ConfigureAwait(false)),
                    IProcessConfinement.Create(level, options.Parts, time)
                );
            },
            level
        );
    }
}
