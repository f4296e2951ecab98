using Isolation.Sdk.Contexts;
using Isolation.Sdk.IO;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.Logging;
using Polly;

namespace Isolation.Sdk.Attempts;

/// <summary>The part of a composition that carries attempts out: it knows no merging, tracker or target
/// queue.</summary>
internal sealed record WorkerPlan(
    IWorkspaceProvider Workspaces,
    IContextFactory Contexts,
    IStateSandbox Sandbox,
    IsolationOptions Options
)
{
    /// <summary>The composition's services, then the host's.</summary>
    public required IServiceProvider Services { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILoggerFactory Loggers { get; init; }

    /// <summary>What carries an attempt out, by name; the empty name is the default.</summary>
    public required IReadOnlyDictionary<string, Func<IServiceProvider, IAgentRunner>> Runners { get; init; }

    public IReadOnlyList<WorkerCommand> Setup { get; init; } = [];

    public IReadOnlyList<string> Labels { get; init; } = [];

    public Action<ResiliencePipelineBuilder<RunResult>>? Resilience { get; init; }

    /// <summary>Where workers live; <see langword="null"/> for beside the repository.</summary>
    public WorkersDirectory? Directory { get; init; }

    public SandboxLevel Level { get; init; }

    /// <summary>The ref that work lands on; empty on a node, where nothing lands.</summary>
    public string TargetRef { get; init; } = "";

    /// <summary>Whether runners are code of this process.</summary>
    public bool RunsInProcess { get; init; }

    public bool WatchesCheckout { get; init; } = true;

    public bool RestoresContaminated { get; init; }
}
