using System.Diagnostics;
using System.Threading.Channels;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Runners;

internal sealed record WorkerParts(
    WorkItem Item,
    WorkspaceInfo Workspace,
    WorkerContext Context,
    IStateScope State,
    IServiceProvider Services,
    ChannelReader<WorkerMessage> Inbox
)
{
    public required string OutputFile { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);

    public CancellationToken Stopping { get; init; }

    public string? ResumeToken { get; init; }

    public ActivityContext ActivityContext { get; init; }

    public required Action<WorkerEvent> Report { get; init; }

    public required Func<string, CancellationToken, ValueTask> Handoff { get; init; }

    public required Func<SyncMode, string?, CancellationToken, Task<SyncResult>> Sync { get; init; }

    public required Func<string, string, CancellationToken, ValueTask> Comment { get; init; }
}
