using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Sandbox;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Merging;

/// <summary>What everything in one queue shares.</summary>
internal sealed record QueueContext(
    QueueLayout Names,
    MergePolicy Policy,
    IStateSandbox? Sandbox,
    WorkersDirectory Folder,
    TimeProvider Time,
    ILogger Logger
)
{
    /// <summary>How often a queue looks at its bell.</summary>
    public static TimeSpan PollInterval => TimeSpan.FromMilliseconds(250);

    /// <summary>How long a queue goes without reading the refs, whatever the bell says: someone outside rings none.</summary>
    public static TimeSpan ReadInterval => TimeSpan.FromSeconds(2);

    /// <summary>How often the target may run away from one item before it has to wait for its next turn.</summary>
    public const int MaxTargetMoves = 5;

    public GitRepository Repository => Names.Repository;

    /// <summary>Called at each named step, for tests that end the process there.</summary>
    public Action<QueueStep> OnStep { get; init; } = static _ => { };
}
