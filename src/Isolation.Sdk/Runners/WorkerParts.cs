using System.Diagnostics;
using System.Threading.Channels;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Runners;

/// <summary>What a worker is made of.</summary>
internal sealed record WorkerParts(
    WorkItem Item,
    WorkspaceInfo Workspace,
    WorkerContext Context,
    IStateScope State,
    IServiceProvider Services,
    ChannelReader<WorkerMessage> Inbox
)
{
    /// <summary>The file that gets the output of a runner that is a command.</summary>
    public required string OutputFile { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long a process may take to finish after it was asked to.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);

    public CancellationToken Stopping { get; init; }

    public string? ResumeToken { get; init; }

    public ActivityContext ActivityContext { get; init; }

    /// <summary>Takes an event without a time; the receiver stamps it.</summary>
    public required Action<WorkerEvent> Report { get; init; }

    public required Func<string, CancellationToken, ValueTask> Handoff { get; init; }

    /// <summary>Brings the target, or a commit, into the worker's branch.</summary>
    public required Func<SyncMode, string?, CancellationToken, Task<SyncResult>> Sync { get; init; }

    /// <summary>Kind and text of a history entry.</summary>
    public required Func<string, string, CancellationToken, ValueTask> Comment { get; init; }
}
