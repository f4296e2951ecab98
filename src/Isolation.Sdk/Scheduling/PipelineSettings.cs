using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Tracking;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;

namespace Isolation.Sdk.Scheduling;

/// <summary>What a builder was told so far. A pipeline has a copy of its own.</summary>
internal sealed record PipelineSettings(string Repository)
{
    public string Name { get; set; } = Options.DefaultName;

    public Action<IsolationOptions>? Configure { get; set; }

    public Action<ForecastOptions>? ConfigureForecast { get; set; }

    public SandboxLevel Level { get; set; }

    public bool Untrusted { get; set; }

    public bool RunsInProcess { get; set; }

    public string Target { get; set; } = "main";

    public string? TargetFrom { get; set; }

    public IsolationGuarantees RequiredSealed { get; set; }

    public IsolationGuarantees RequiredDetected { get; set; }

    /// <summary>Findings of the audit that the host accepts, by code, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Waivers { get; set; } = new Dictionary<string, string>();

    public IReadOnlyList<Func<IWorkerDispatcher, DispatchHost, IWorkerDispatcher>> Dispatchers { get; set; } = [];

    public string? FetchRemote { get; set; }

    public string? WorkersDirectory { get; set; }

    public IReadOnlyList<WorkerCommand> Setup { get; set; } = [];

    public Func<IServiceProvider, IWorkTracker>? Tracker { get; set; }

    public Action<ResiliencePipelineBuilder<RunResult>>? Resilience { get; set; }

    public TimeProvider? TimeProvider { get; set; }

    public ILoggerFactory? LoggerFactory { get; set; }

    public bool WatchesCheckout { get; set; } = true;

    /// <summary>Whether what a worker changed outside what it owns is put back, where that is safe.</summary>
    public bool RestoresContaminated { get; set; }

    public Func<IServiceProvider, IAgentRunner>? Runner { get; set; }

    /// <summary>Runners that assignments name.</summary>
    public IReadOnlyDictionary<string, Func<IServiceProvider, IAgentRunner>> Runners { get; set; } =
        new Dictionary<string, Func<IServiceProvider, IAgentRunner>>();

    public IReadOnlyList<IsolationFault> NamedRunnerFaults { get; set; } = [];

    /// <summary>What this machine offers.</summary>
    public IReadOnlyList<string> Labels { get; set; } = [];

    /// <summary>The name that this pipeline's assignments give.</summary>
    public string? RunnerName { get; set; }

    public string? RunnerFile { get; set; }

    public IReadOnlyList<IsolationFault> RunnerFaults { get; set; } = [];
}
