using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Scheduling;
using Isolation.Sdk.Tracking;
using Microsoft.Extensions.Logging;
using Polly;

namespace Isolation.Sdk.Composition;

/// <summary>What a builder was told so far.</summary>
internal sealed class PipelineSettings(string repository)
{
    public string Repository { get; } = repository;

    /// <summary>The name of the host's options that apply.</summary>
    public string Name { get; set; } = "";

    public IsolationOptions Options { get; } = new();

    public ForecastOptions Forecast { get; } = new();

    public SandboxLevel Level { get; set; }

    /// <summary>Whether workers run code that nobody vouches for.</summary>
    public bool Untrusted { get; set; }

    /// <summary>Whether attempts are carried out by code of the host's own process.</summary>
    public bool RunsInProcess { get; set; }

    public string Target { get; set; } = "main";

    public string? TargetFrom { get; set; }

    public IsolationGuarantees RequiredSealed { get; set; }

    public IsolationGuarantees RequiredDetected { get; set; }

    public IsolationPhase Phase { get; set; } = IsolationPhase.State;

    public string? ScaleOverride { get; set; }

    public List<Func<IWorkerDispatcher, IWorkerDispatcher>> Dispatchers { get; } = [];

    public string? FetchRemote { get; set; }

    public string? WorkersDirectory { get; set; }

    public List<WorkerCommand> Setup { get; } = [];

    public Func<IServiceProvider, IWorkTracker>? Tracker { get; set; }

    public Action<ResiliencePipelineBuilder<RunResult>>? Resilience { get; set; }

    public TimeProvider? TimeProvider { get; set; }

    public ILoggerFactory? LoggerFactory { get; set; }

    public bool WatchesCheckout { get; set; } = true;

    /// <summary>Whether what a worker changed although it was not its own is put back, where that is safe.</summary>
    public bool RestoresContaminated { get; set; }

    public Func<IServiceProvider, IAgentRunner>? Runner { get; set; }

    public string? RunnerFile { get; set; }

    public IReadOnlyList<IsolationFault> RunnerFaults { get; set; } = [];
}
