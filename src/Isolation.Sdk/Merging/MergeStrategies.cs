using Isolation.Sdk.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace Isolation.Sdk.Merging;

/// <summary>The built-in merge strategies, for use without a pipeline.</summary>
public static class MergeStrategies
{
    /// <summary>First come, first merged.</summary>
    /// <inheritdoc cref="Refinery"/>
    public static IMergeStrategy FirstWins(Action<MergeQueueOptions>? configure = null, TimeProvider? time = null) =>
        Create(MergePreset.FirstWins, configure, null, time);

    /// <summary>Nothing lands before someone approved exactly that commit.</summary>
    /// <inheritdoc cref="Refinery"/>
    public static IMergeStrategy Manual(
        Action<MergeQueueOptions>? configure = null,
        IStateSandbox? sandbox = null,
        TimeProvider? time = null
    ) => Create(MergePreset.Manual, configure, sandbox, time);

    /// <summary>One after another, each tested as it will land.</summary>
    /// <inheritdoc cref="Refinery"/>
    public static IMergeStrategy SerialQueue(
        Action<MergeQueueOptions> configure,
        IStateSandbox sandbox,
        TimeProvider? time = null
    ) => Create(MergePreset.SerialQueue, configure, sandbox, time);

    /// <summary>Several candidates tested at once; the longest green one lands with all it contains.</summary>
    /// <param name="configure">Sets the options.</param>
    /// <param name="sandbox">Where the gate's commands run.</param>
    /// <param name="time">The clock. <value>null: the system's.</value></param>
    public static IMergeStrategy Refinery(
        Action<MergeQueueOptions> configure,
        IStateSandbox sandbox,
        TimeProvider? time = null
    ) => Create(MergePreset.Refinery, configure, sandbox, time);

    private static MergeStrategy Create(
        MergePreset preset,
        Action<MergeQueueOptions>? configure,
        IStateSandbox? sandbox,
        TimeProvider? time
    )
    {
        MergeQueueOptions options = new();
        configure?.Invoke(options);
        return new MergeStrategy(
            new MergePolicy(preset, options),
            sandbox,
            null,
            time ?? TimeProvider.System,
            NullLogger.Instance
        );
    }
}
