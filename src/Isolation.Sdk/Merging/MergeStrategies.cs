using Isolation.Sdk.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace Isolation.Sdk.Merging;

/// <summary>The built-in merge strategies, for use without a pipeline.</summary>
public static class MergeStrategies
{
    /// <summary>First come, first merged.</summary>
    /// <param name="configure">Sets the options.</param>
    /// <param name="time">The clock. <value>null: the system's.</value></param>
    public static IMergeStrategy FirstWins(Action<FirstWinsOptions>? configure = null, TimeProvider? time = null) =>
        Create(new FirstWinsOptions(), configure, null, time);

    /// <summary>Nothing lands before someone approved exactly that commit.</summary>
    /// <param name="configure">Sets the options.</param>
    /// <param name="time">The clock. <value>null: the system's.</value></param>
    public static IMergeStrategy Manual(Action<ManualMergeOptions>? configure = null, TimeProvider? time = null) =>
        Create(new ManualMergeOptions(), configure, null, time);

    /// <summary>One after another, each tested as it will land.</summary>
    /// <param name="configure">Sets the options; a gate is needed.</param>
    /// <param name="sandbox">What the gate's commands run in.</param>
    /// <param name="time">The clock. <value>null: the system's.</value></param>
    public static IMergeStrategy Serial(
        Action<SerialQueueOptions> configure,
        IStateSandbox sandbox,
        TimeProvider? time = null
    ) => Create(new SerialQueueOptions(), configure, sandbox, time);

    /// <summary>Several candidates tested at once; the longest green one lands with all it contains.</summary>
    /// <param name="configure">Sets the options; a gate is needed.</param>
    /// <param name="sandbox">What the gate's commands run in.</param>
    /// <param name="time">The clock. <value>null: the system's.</value></param>
    public static IMergeStrategy Refinery(
        Action<RefineryOptions> configure,
        IStateSandbox sandbox,
        TimeProvider? time = null
    ) => Create(new RefineryOptions(), configure, sandbox, time);

    private static MergeStrategy Create<TOptions>(
        TOptions options,
        Action<TOptions>? configure,
        IStateSandbox? sandbox,
        TimeProvider? time
    )
        where TOptions : MergeOptions
    {
        configure?.Invoke(options);
        return new MergeStrategy(
            MergePolicy.Of(options),
            sandbox,
            null,
            time ?? TimeProvider.System,
            NullLogger.Instance
        );
    }
}
