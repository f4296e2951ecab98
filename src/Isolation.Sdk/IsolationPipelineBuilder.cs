using Isolation.Sdk.Composition;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Runners;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Scheduling;
using Isolation.Sdk.Tracking;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.Logging;
using Polly;

namespace Isolation.Sdk;

/// <summary>Composes a pipeline out of four axes and a runner. It does no input or output, and freezes with <see cref="Build"/>.</summary>
public sealed class IsolationPipelineBuilder
{
    private readonly PipelineSettings _draft;
    private bool _built;

    /// <summary>Starts a composition.</summary>
    /// <param name="repository">The absolute path of the repository: a checkout or a bare one.</param>
    public IsolationPipelineBuilder(string repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        _draft = new PipelineSettings(repository);
        Workspaces = new Axis<IWorkspaceProvider>(this);
        Contexts = new Axis<IContextFactory>(this);
        Sandbox = new Axis<IStateSandbox>(this);
        Merging = new Axis<IMergeStrategy>(this);
    }

    /// <summary>Where workers work. <value>Linked git worktrees.</value></summary>
    public Axis<IWorkspaceProvider> Workspaces { get; }

    /// <summary>What runners start from. <value>A fresh context.</value></summary>
    public Axis<IContextFactory> Contexts { get; }

    /// <summary>Environment, temp, config, ports and processes. <value>A process sandbox.</value></summary>
    public Axis<IStateSandbox> Sandbox { get; }

    /// <summary>How work reaches the target. <value>None: it has to be chosen.</value></summary>
    public Axis<IMergeStrategy> Merging { get; }

    /// <summary>Sets how the pipeline runs its workers.</summary>
    /// <param name="configure">Changes the options.</param>
    public IsolationPipelineBuilder Configure(Action<IsolationOptions> configure) => With(d => configure(d.Options));

    /// <summary>Sets how the pipeline looks ahead for workers that touch the same files.</summary>
    /// <param name="configure">Changes the options.</param>
    public IsolationPipelineBuilder Forecast(Action<ForecastOptions> configure) => With(d => configure(d.Forecast));

    /// <summary>Sets the level of isolation; what an axis was not given by hand follows it. A machine that cannot give it refuses to start.</summary>
    /// <param name="level">The level; above <see cref="SandboxLevel.Cooperative"/> attempts have to be commands (<see cref="RunProcess"/>). <value><see cref="SandboxLevel.Cooperative"/>.</value></param>
    public IsolationPipelineBuilder UseLevel(SandboxLevel level) => With(d => d.Level = level);

    /// <summary>Says that workers run code which nobody vouches for. It requires <see cref="SandboxLevel.Sealed"/>.</summary>
    public IsolationPipelineBuilder Untrusted() => With(d => d.Untrusted = true);

    /// <summary>Names the branch that work lands on.</summary>
    /// <param name="branch">Short form. <value><c>main</c></value></param>
    /// <param name="from">Where the branch starts if it does not exist yet; <see langword="null"/>: it must exist.</param>
    public IsolationPipelineBuilder Target(string branch, string? from = null) =>
        With(d => (d.Target, d.TargetFrom) = (branch, from));

    /// <summary>Fetches from a remote before each attempt's base is resolved. A failure ends the attempt: a base is never silently stale.</summary>
    /// <param name="remote">The name of a remote; credentials stay on the host's side. An item's <see cref="WorkItem.Base"/> may then be, say, <c>origin/main</c>.</param>
    public IsolationPipelineBuilder FetchBeforeAttempts(string remote) => With(d => d.FetchRemote = remote);

    /// <summary>Requires promises; a machine that cannot keep them refuses to start.</summary>
    /// <param name="sealed">What must not be able to happen.</param>
    /// <param name="detected">What must at least be found.</param>
    public IsolationPipelineBuilder Require(
        IsolationGuarantees @sealed,
        IsolationGuarantees detected = IsolationGuarantees.None
    ) =>
        With(d => (d.RequiredSealed, d.RequiredDetected) = (d.RequiredSealed | @sealed, d.RequiredDetected | detected));

    /// <summary>Says how far the host has come; the checklist asks for that much even of a few workers.</summary>
    /// <param name="phase">The phase. <value><see cref="IsolationPhase.State"/>.</value></param>
    public IsolationPipelineBuilder Claim(IsolationPhase phase) => With(d => d.Phase = phase);

    /// <summary>Lets many workers run without an automated merge queue, for a reason that goes into the report.</summary>
    /// <param name="reason">The reason.</param>
    public IsolationPipelineBuilder AcceptManualScale(string reason) => With(d => d.ScaleOverride = reason);

    /// <summary>Lets someone work in the canonical checkout while workers run: changes of its files, index and HEAD are then nobody's contamination.</summary>
    public IsolationPipelineBuilder AllowCheckoutChanges() => With(d => d.WatchesCheckout = false);

    /// <summary>Puts back what was changed while workers ran and is none of theirs, where that is safe: other refs (by compare-and-swap, what they were moved to stays pinned), config, hooks, <c>info/</c>, barrier files, and locks that nobody holds. What a person changed by hand meanwhile goes back, too. <value>Off: it is found and reported only.</value></summary>
    public IsolationPipelineBuilder RestoreContaminated() => With(d => d.RestoresContaminated = true);

    /// <summary>Puts the workers' folder somewhere else. <value>Beside the repository, <c>&lt;repo&gt;.workers</c>.</value></summary>
    /// <param name="path">An absolute path.</param>
    public IsolationPipelineBuilder UseWorkersDirectory(string path) => With(d => d.WorkersDirectory = path);

    /// <summary>Runs a command in every new workspace, inside the worker's state, before its runner; a failure stops the attempt.</summary>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    public IsolationPipelineBuilder Setup(string file, params string[] arguments) =>
        With(d => d.Setup.Add(new WorkerCommand(file, arguments)));

    /// <summary>Takes items from a tracker of the host's; then <see cref="IsolationPipeline.Start(CancellationToken)"/> needs no items.</summary>
    /// <param name="create">Makes or finds the tracker.</param>
    public IsolationPipelineBuilder UseTracker(Func<IServiceProvider, IWorkTracker> create) =>
        With(d => d.Tracker = create);

    /// <summary>Puts a dispatcher around the one that runs workers in this process: one that says where instead, or waits for a permit. The first one added is outermost.</summary>
    /// <param name="wrap">Makes the dispatcher.</param>
    public IsolationPipelineBuilder UseDispatcher(Func<IWorkerDispatcher, IWorkerDispatcher> wrap) =>
        With(d => d.Dispatchers.Add(wrap));

    /// <summary>Wraps the run of one attempt, around the built-in time-out: a circuit breaker, a rate limiter.</summary>
    /// <param name="configure">Adds strategies.</param>
    public IsolationPipelineBuilder ConfigureResilience(Action<ResiliencePipelineBuilder<RunResult>> configure) =>
        With(d => d.Resilience = configure);

    /// <summary>Uses another clock. <value>The system's.</value></summary>
    /// <param name="time">The clock.</param>
    public IsolationPipelineBuilder UseTimeProvider(TimeProvider time) => With(d => d.TimeProvider = time);

    /// <summary>Logs somewhere. <value>Nowhere, or where the host's services log.</value></summary>
    /// <param name="loggers">The factory.</param>
    public IsolationPipelineBuilder UseLoggerFactory(ILoggerFactory loggers) => With(d => d.LoggerFactory = loggers);

    /// <summary>Runs attempts with a runner made for each, from a service scope of its own.</summary>
    /// <param name="create">Makes the runner.</param>
    public IsolationPipelineBuilder RunWith(Func<IServiceProvider, IAgentRunner> create) =>
        With(d => (d.Runner, d.RunnerFile, d.RunnerFaults, d.RunsInProcess) = (create, null, [], true));

    /// <summary>Runs attempts with a command inside the worker's state. Placeholders: <c>{instructions}</c>, <c>{briefing}</c>, <c>{workspace}</c>, <c>{attempt}</c>, <c>{item}</c>, <c>{title}</c>, <c>{tmp}</c>, <c>{port:name}</c>.</summary>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments; there is no shell in between.</param>
    public IsolationPipelineBuilder RunProcess(string file, params string[] arguments) =>
        With(d =>
            (d.Runner, d.RunnerFile, d.RunnerFaults, d.RunsInProcess) = (
                s => new ProcessRunner(
                    file,
                    arguments,
                    new ProcessRunnerOptions { StopGrace = d.Options.StopGrace },
                    s.Time()
                ),
                file,
                ProcessRunner.Check(file, arguments),
                false
            )
        );

    /// <summary>Reads the host's options under a name.</summary>
    internal IsolationPipelineBuilder UseOptionsName(string name) => With(s => s.Name = name);

    /// <summary>Runs attempts with code of ours that does nothing but run commands in the worker's state.</summary>
    internal IsolationPipelineBuilder RunCommands(Func<IServiceProvider, IAgentRunner> create) =>
        With(d => (d.Runner, d.RunnerFile, d.RunnerFaults, d.RunsInProcess) = (create, null, [], false));

    /// <summary>Freezes the composition and makes the pipeline. Does no input or output.</summary>
    /// <param name="services">The host's services; <see langword="null"/> for none.</param>
    /// <exception cref="IsolationConfigurationException">Every fault of the composition, with its remedy.</exception>
    public IsolationPipeline Build(IServiceProvider? services = null)
    {
        ThrowIfBuilt();
        LevelDefaults.Apply(this, _draft.Level);
        IReadOnlyList<IsolationFault> faults = CompositionValidator.Run(this, _draft);
        if (faults.Count > 0)
        {
            throw new IsolationConfigurationException(faults);
        }

        _built = true;
        return new IsolationPipeline(PipelinePlan.Compose(this, _draft, services));
    }

    internal void ThrowIfBuilt()
    {
        if (_built)
        {
            throw new IsolationException(
                PipelineCodes.Frozen,
                "This builder has built its pipeline, and what runs must not change under it.",
                "Start from a new builder."
            );
        }
    }

    private IsolationPipelineBuilder With(Action<PipelineSettings> change)
    {
        ThrowIfBuilt();
        change(_draft);
        return this;
    }
}
