using Isolation.Sdk.Composition;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Runners;
using Isolation.Sdk.Sandbox;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk;

public static partial class IsolationBuilderExtensions
{
    /// <summary>The first to finish lands; whoever no longer merges gets the conflict. Nothing is tested.</summary>
    /// <inheritdoc cref="UseRefinery"/>
    public static IsolationPipelineBuilder UseFirstWins(
        this Axis<IMergeStrategy> axis,
        Action<MergeQueueOptions>? configure = null
    ) => UseQueue(axis, MergePreset.FirstWins, configure);

    /// <summary>Nothing lands before someone approved exactly that commit, perhaps days later and from another
    /// process.</summary>
    /// <inheritdoc cref="UseRefinery"/>
    public static IsolationPipelineBuilder UseManual(
        this Axis<IMergeStrategy> axis,
        Action<MergeQueueOptions>? configure = null
    ) => UseQueue(axis, MergePreset.Manual, configure);

    /// <summary>One after another, each merged tree tested by the gate before it lands.</summary>
    /// <inheritdoc cref="UseRefinery"/>
    public static IsolationPipelineBuilder UseSerialQueue(
        this Axis<IMergeStrategy> axis,
        Action<MergeQueueOptions>? configure = null
    ) => UseQueue(axis, MergePreset.SerialQueue, configure);

    /// <summary>Several candidates tested at once, each with everything ahead of it; the longest green one lands with
    /// all it contains.</summary>
    public static IsolationPipelineBuilder UseRefinery(
        this Axis<IMergeStrategy> axis,
        Action<MergeQueueOptions>? configure = null
    ) => UseQueue(axis, MergePreset.Refinery, configure);

    /// <summary>Adds a command to a gate.</summary>
    /// <param name="gates">The gate's parts.</param>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments; there is no shell in between.</param>
    public static void Add(this IList<MergeGate> gates, string file, params string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(gates);
        ArgumentNullException.ThrowIfNull(arguments);
        MergeGate gate = new() { File = file };
        foreach (string argument in arguments)
        {
            gate.Arguments.Add(argument);
        }

        gates.Add(gate);
    }

    /// <summary>Adds code of the host to a gate.</summary>
    /// <param name="gates">The gate's parts.</param>
    /// <param name="name">The name in results and logs.</param>
    /// <param name="test">Tests a candidate.</param>
    /// <param name="version">Changes whenever the code does. <value>null: a later queue does not reuse its
    /// passes.</value></param>
    public static void Add(
        this IList<MergeGate> gates,
        string name,
        Func<GateContext, CancellationToken, ValueTask<GateResult>> test,
        string? version = null
    )
    {
        ArgumentNullException.ThrowIfNull(gates);
        gates.Add(
            new MergeGate
            {
                Name = name,
                Test = test,
                Version = version,
            }
        );
    }

    private static IsolationPipelineBuilder UseQueue(
        Axis<IMergeStrategy> axis,
        MergePreset preset,
        Action<MergeQueueOptions>? configure
    )
    {
        ArgumentNullException.ThrowIfNull(axis);
        return axis.Use(services =>
        {
            MergePolicy policy = new(preset, services.GetOptions(configure));
            if (policy.Validate().ToArray() is { Length: > 0 } faults)
            {
                throw new IsolationConfigurationException(faults);
            }

            return new MergeStrategy(
                policy,
                services.GetService<IStateSandbox>(),
                services.GetService<WorkersDirectory>(),
                services.GetRequiredService<TimeProvider>(),
                services.GetRequiredService<ILoggerFactory>().CreateLogger("Isolation.Sdk.Merging"),
                services.GetService<GitRepositoryCache>()
            )
            {
                Setup = services.GetService<SetupCommands>(),
            };
        });
    }
}
