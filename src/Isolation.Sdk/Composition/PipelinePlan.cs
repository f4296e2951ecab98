using Isolation.Sdk.Attempts;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Scheduling;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Composition;

/// <summary>A composed pipeline: what was asked for, and what was made of it.</summary>
internal sealed record PipelinePlan(PipelineSettings Settings, CompositionServices Services)
{
    public required IsolationOptions Options { get; init; }

    public required ForecastOptions Forecast { get; init; }

    public required IWorkspaceProvider Workspaces { get; init; }

    public required IContextFactory Contexts { get; init; }

    /// <summary>
    /// The sandbox and what it wraps, the outermost first: each may know what the others do not tell.
    /// </summary>
    public required IReadOnlyList<IStateSandbox> Sandboxes { get; init; }

    /// <summary>The merge strategy and what it wraps, the outermost first.</summary>
    public required IReadOnlyList<IMergeStrategy> Strategies { get; init; }

    public required IReadOnlyList<object> Made { get; init; }

    public IStateSandbox Sandbox => Sandboxes[0];

    public IMergeStrategy Merging => Strategies[0];

    public string TargetRef => $"refs/heads/{Settings.Target}";

    /// <summary>The part that carries attempts out.</summary>
    public WorkerPlan Worker =>
        new(Workspaces, Contexts, Sandbox, Options)
        {
            Services = Services,
            Time = Services.Time,
            Loggers = Services.Loggers,
            Runners = Settings.Runner is { } runner
                ? new Dictionary<string, Func<IServiceProvider, IAgentRunner>>(Settings.Runners) { [""] = runner }
                : Settings.Runners,
            Setup = Settings.Setup,
            Labels = Settings.Labels,
            Resilience = Settings.Resilience,
            Directory = Settings.WorkersDirectory is { } root ? new WorkersDirectory(root) : null,
            Level = Settings.Level,
            TargetRef = TargetRef,
            RunsInProcess = Settings.RunsInProcess,
            WatchesCheckout = Settings.WatchesCheckout,
            RestoresContaminated = Settings.RestoresContaminated,
        };
}
