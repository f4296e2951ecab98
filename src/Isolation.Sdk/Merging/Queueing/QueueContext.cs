using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Sandboxing;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Merging.Queueing;

/// <summary>What everything in one queue shares.</summary>
internal sealed record QueueContext(
    QueueNames Names,
    MergePolicy Policy,
    IStateSandbox? Sandbox,
    WorkersFolder Folder,
    TimeProvider Time,
    ILogger Logger
)
{
    /// <summary>How often a queue looks at its bell.</summary>
    public static TimeSpan LookInterval => TimeSpan.FromMilliseconds(250);

    /// <summary>How long a queue goes without reading the refs, whatever the bell says: someone outside rings none.</summary>
    public static TimeSpan ReadInterval => TimeSpan.FromSeconds(2);

    /// <summary>How often the target may run away from one item before it has to wait for its next turn.</summary>
    public const int MostMoves = 5;

    public GitRepository Repository => Names.Repository;

    /// <summary>Called at each named step, for tests that end the process there.</summary>
    public Action<QueueStep> Reached { get; init; } = static _ => { };
}
