using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Runners;
using Isolation.Sdk.Sandbox;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Merging;

internal sealed record QueueContext(
    QueueLayout Names,
    MergePolicy Policy,
    IStateSandbox? Sandbox,
    WorkersDirectory Folder,
    TimeProvider Time,
    ILogger Logger
)
{
    public static TimeSpan PollInterval => TimeSpan.FromMilliseconds(250);

    public static TimeSpan ReadInterval => TimeSpan.FromSeconds(2);

    public const int MaxTargetMoves = 5;

    public GitRepository Repository => Names.Repository;

    public FaultPoints Faults { get; init; } = FaultPoints.None;

    // What a gate's worktree needs before anything in it can be tested.
    public SetupCommands? Setup { get; init; }
}

/// <summary>Where tests kill a queue: each step leaves the refs in a state that the next actor understands.</summary>
internal enum QueueStep
{
    AfterTakeover,
    MidStack,
    MidGate,
    MidConfirm,

    BeforeIntent,
    AfterIntent,

    AfterPush,
    AfterTransaction,
    AfterBookkeeping,
    BeforeEviction,
    AfterEviction,
}
