using Isolation.Sdk.Composition;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Isolation.Sdk;

public static partial class IsolationBuilderExtensions
{
    /// <summary>The first to finish lands; whoever does not merge any more gets the conflict. Nothing is tested.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options.</param>
    public static IsolationPipelineBuilder UseFirstWins(
        this Axis<IMergeStrategy> axis,
        Action<FirstWinsOptions>? configure = null
    ) => Use(axis, new FirstWinsOptions(), configure);

    /// <summary>Nothing lands before someone approved exactly that commit, days later and from another process perhaps.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options.</param>
    public static IsolationPipelineBuilder UseManual(
        this Axis<IMergeStrategy> axis,
        Action<ManualMergeOptions>? configure = null
    ) => Use(axis, new ManualMergeOptions(), configure);

    /// <summary>One after another, each merged tree tested by the gate before it lands.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options; a gate is needed.</param>
    public static IsolationPipelineBuilder UseSerialQueue(
        this Axis<IMergeStrategy> axis,
        Action<SerialQueueOptions> configure
    ) => Use(axis, new SerialQueueOptions(), configure);

    /// <summary>Several candidates tested at once, each with everything ahead of it; the longest green one lands with all it contains.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="configure">Changes the options; a gate is needed.</param>
    public static IsolationPipelineBuilder UseRefinery(
        this Axis<IMergeStrategy> axis,
        Action<RefineryOptions> configure
    ) => Use(axis, new RefineryOptions(), configure);

    private static IsolationPipelineBuilder Use<TOptions>(
        Axis<IMergeStrategy> axis,
        TOptions options,
        Action<TOptions>? configure
    )
        where TOptions : MergeOptions
    {
        ArgumentNullException.ThrowIfNull(axis);
        configure?.Invoke(options);
        return axis.Use(services => new MergeStrategy(
            MergePolicy.Of(options),
            services.Of<IStateSandbox>(),
            services.Of<WorkersDirectory>(),
            services.Time(),
            services.Of<ILoggerFactory>()?.CreateLogger("Isolation.Sdk.Merging") ?? NullLogger.Instance,
            services.Of<GitRepositoryCache>()
        ));
    }
}
