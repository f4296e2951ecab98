using Isolation.Sdk.Contexts;
using Isolation.Sdk.Guard;
using Isolation.Sdk.IO;
using Isolation.Sdk.Runners;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.Logging;
using Polly;

namespace Isolation.Sdk.Attempts;

// The part of a composition that carries attempts out: it knows no merging, tracker or target queue.
internal sealed record WorkerPlan(
    IWorkspaceProvider Workspaces,
    IContextFactory Contexts,
    IStateSandbox Sandbox,
    IsolationOptions Options
)
{
    public required IServiceProvider Services { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILoggerFactory Loggers { get; init; }

    // By name; the empty name is the default.
    public required IReadOnlyDictionary<string, Func<IServiceProvider, IAgentRunner>> Runners { get; init; }

    public required SetupCommands Setup { get; init; }

    public IReadOnlyList<string> Labels { get; init; } = [];

    public Action<ResiliencePipelineBuilder<RunResult>>? Resilience { get; init; }

    // null for beside the repository.
    public WorkersDirectory? Directory { get; init; }

    public SandboxLevel Level { get; init; }

    // Empty on a node, where nothing lands.
    public string TargetRef { get; init; } = "";

    public bool RunsInProcess { get; init; }

    public GuardOptions Guard { get; init; } = new();
}
