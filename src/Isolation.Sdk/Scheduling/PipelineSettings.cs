using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Guard;
using Isolation.Sdk.Tracking;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;

namespace Isolation.Sdk.Scheduling;

internal sealed record PipelineSettings(string Repository)
{
    public string Name { get; set; } = Options.DefaultName;

    public Action<IsolationOptions>? Configure { get; set; }

    public Action<ForecastOptions>? ConfigureForecast { get; set; }

    public Action<GuardOptions>? ConfigureGuard { get; set; }

    public SandboxLevel Level { get; set; }

    public bool Untrusted { get; set; }

    public bool RunsInProcess { get; set; }

    public string Target { get; set; } = "main";

    public string? TargetFrom { get; set; }

    public bool FollowsBase { get; set; }

    public string TargetOf(WorkItem item) => item.Target ?? Target;

    public IsolationGuarantees RequiredSealed { get; set; }

    public IsolationGuarantees RequiredDetected { get; set; }

    public IReadOnlyDictionary<string, string> Waivers { get; set; } = new Dictionary<string, string>();

    public IReadOnlyList<Func<IWorkerDispatcher, DispatchHost, IWorkerDispatcher>> Dispatchers { get; set; } = [];

    public string? FetchRemote { get; set; }

    public string? WorkersDirectory { get; set; }

    public IReadOnlyList<WorkerCommand> Setup { get; set; } = [];

    public Func<IServiceProvider, IWorkTracker>? Tracker { get; set; }

    public Action<ResiliencePipelineBuilder<RunResult>>? Resilience { get; set; }

    public TimeProvider? TimeProvider { get; set; }

    public ILoggerFactory? LoggerFactory { get; set; }

    public Func<IServiceProvider, IAgentRunner>? Runner { get; set; }

    public IReadOnlyDictionary<string, Func<IServiceProvider, IAgentRunner>> Runners { get; set; } =
        new Dictionary<string, Func<IServiceProvider, IAgentRunner>>();

    public IReadOnlyList<IsolationFault> NamedRunnerFaults { get; set; } = [];

    public IReadOnlyList<string> Labels { get; set; } = [];

    public string? RunnerName { get; set; }

    public string? RunnerFile { get; set; }

    public IReadOnlyList<IsolationFault> RunnerFaults { get; set; } = [];
}
