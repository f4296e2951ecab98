using Isolation.Sdk.Contexts;
using Isolation.Sdk.Sandboxing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Pipeline.Inspection;

/// <summary>What a worker was really given, just before it runs.</summary>
internal sealed record AcquiredWorker(AttemptId Attempt, WorkItem Item, WorkspaceInfo Workspace, StateInfo State, WorkerContext Context, IReadOnlyList<Handoff> Handoffs);
