using Isolation.Sdk.Running;
using Isolation.Sdk.Sandboxing;
using Isolation.Sdk.Tracking;
using Microsoft.Extensions.Logging;
using Polly;

namespace Isolation.Sdk.Pipeline.Composition;

/// <summary>What a builder was told so far.</summary>
internal sealed class PipelineDraft(string repository)
{
    public string Repository { get; } = repository;

    public IsolationPipelineOptions Options { get; } = new();

    public ForecastOptions Forecast { get; } = new();

    public SealLevel Level { get; set; }

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

    public string? WorkersRoot { get; set; }

    public List<WorkerCommand> Setup { get; } = [];

    public Func<IServiceProvider, IWorkTracker>? Tracker { get; set; }

    public Action<ResiliencePipelineBuilder<RunResult>>? Resilience { get; set; }

    public TimeProvider? Time { get; set; }

    public ILoggerFactory? Loggers { get; set; }

    public bool WatchCheckout { get; set; } = true;

    /// <summary>Whether what a worker changed although it was not its own is put back, where that is safe.</summary>
    public bool RestoresContaminated { get; set; }

    public Func<IServiceProvider, IAgentRunner>? Runner { get; set; }

    public string? RunnerFile { get; set; }

    public IReadOnlyList<IsolationFault> RunnerFaults { get; set; } = [];
}
