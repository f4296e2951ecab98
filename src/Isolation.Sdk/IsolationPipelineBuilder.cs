using System.Runtime.CompilerServices;
using Isolation.Sdk.Composition;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Guard;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Runners;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Scheduling;
using Isolation.Sdk.Tracking;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.Logging;
using Polly;

namespace Isolation.Sdk;

/// <summary>
/// Composes a pipeline out of four axes and a runner. It only records: every <see cref="Build"/> makes another pipeline
/// of what it was told so far.
/// </summary>
public sealed class IsolationPipelineBuilder
{
    private readonly PipelineSettings _settings;

    /// <summary>Starts a composition.</summary>
    /// <param name="repository">The absolute path of the repository: a checkout or a bare one.</param>
    public IsolationPipelineBuilder(string repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        _settings = new PipelineSettings(repository);
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

    /// <summary>Sets how the pipeline runs its workers; applied to what the host configured.</summary>
    public IsolationPipelineBuilder Configure(Action<IsolationOptions> configure) =>
        With(configure, s => s.Configure += configure);

    /// <summary>Sets how the pipeline looks ahead for workers that touch the same files.</summary>
    public IsolationPipelineBuilder Forecast(Action<ForecastOptions> configure) =>
        With(configure, s => s.ConfigureForecast += configure);

    /// <summary>
    /// Sets the level of isolation, which decides what an axis is by default. A machine that cannot provide it refuses
    /// to start.
    /// </summary>
    /// <param name="level">
    /// The level; above <see cref="SandboxLevel.Cooperative"/> attempts have to be commands (<see cref="RunProcess"/>).
    /// <value><see cref="SandboxLevel.Cooperative"/>.</value>
    /// </param>
    public IsolationPipelineBuilder UseLevel(SandboxLevel level) => With(s => s.Level = level);

    /// <summary>Says that workers run untrusted code. It requires <see cref="SandboxLevel.Sealed"/>.</summary>
    public IsolationPipelineBuilder Untrusted() => With(s => s.Untrusted = true);

    /// <summary>Names the branch that work lands on.</summary>
    /// <param name="branch">Short form. <value><c>main</c></value></param>
    /// <param name="from">
    /// Where the branch starts if it does not exist yet; <see langword="null"/>: it must exist.
    /// </param>
    /// <param name="follow">
    /// Whether a branch that exists is brought up to <paramref name="from"/> before each run: by fast-forward, or by a
    /// merge if it has commits of its own. If the two collide, the run does not start.
    /// </param>
    public IsolationPipelineBuilder Target(string branch, string? from = null, bool follow = false) =>
        With(branch, s => (s.Target, s.TargetFrom, s.FollowsBase) = (branch, from, follow));

    /// <summary>
    /// Fetches from a remote before each attempt's base is resolved. A failure ends the attempt: a base is never
    /// silently stale.
    /// </summary>
    /// <param name="remote">
    /// The name of a remote; credentials stay on the host's side. An item's <see cref="WorkItem.Base"/> may then be,
    /// for example, <c>origin/main</c>.
    /// </param>
    public IsolationPipelineBuilder FetchBeforeAttempts(string remote) => With(remote, s => s.FetchRemote = remote);

    /// <summary>Requires promises; a machine that cannot keep them refuses to start.</summary>
    /// <param name="sealed">What must not be able to happen.</param>
    /// <param name="detected">What must at least be found.</param>
    public IsolationPipelineBuilder Require(
        IsolationGuarantees @sealed,
        IsolationGuarantees detected = IsolationGuarantees.None
    ) =>
        With(s => (s.RequiredSealed, s.RequiredDetected) = (s.RequiredSealed | @sealed, s.RequiredDetected | detected));

    /// <summary>Accepts a finding of the audit, for a reason that goes into the report.</summary>
    /// <param name="code">
    /// The finding: ISO0911 to ISO0913 and ISO0916, the rules of thumb for 2, 5 and 20 workers, or ISO0403, a command
    /// that was not found.
    /// </param>
    /// <param name="reason">The reason.</param>
    public IsolationPipelineBuilder Waive(string code, string reason)
    {
        ArgumentNullException.ThrowIfNull(code);
        ArgumentNullException.ThrowIfNull(reason);
        return With(s =>
            s.Waivers = new Dictionary<string, string>(s.Waivers, StringComparer.Ordinal) { [code] = reason }
        );
    }

    /// <summary>Sets what happens when something that workers share changes while they run.</summary>
    public IsolationPipelineBuilder Guard(Action<GuardOptions> configure) =>
        With(configure, s => s.ConfigureGuard += configure);

    /// <summary>
    /// Puts the workers' directory somewhere else. <value>Beside the repository, <c>&lt;repo&gt;.workers</c>.</value>
    /// </summary>
    /// <param name="path">An absolute path.</param>
    public IsolationPipelineBuilder UseWorkersDirectory(string path) => With(path, s => s.WorkersDirectory = path);

    /// <summary>
    /// Runs a command in every new workspace, inside the worker's state, before its runner; a failure stops the
    /// attempt.
    /// </summary>
    public IsolationPipelineBuilder Setup(string file, params string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(arguments);
        return With(s => s.Setup = [.. s.Setup, new WorkerCommand(file, arguments)]);
    }

    /// <summary>
    /// Takes items from the host's tracker; then <see cref="IsolationPipeline.Start(CancellationToken)"/> needs no
    /// items.
    /// </summary>
    /// <param name="create">Makes or finds the tracker.</param>
    public IsolationPipelineBuilder UseTracker(Func<IServiceProvider, IWorkTracker> create) =>
        With(create, s => s.Tracker = create);

    /// <summary>
    /// Puts a dispatcher around the one that runs workers in this process: one that runs them elsewhere, or waits for a
    /// permit. The first one added is outermost.
    /// </summary>
    /// <param name="wrap">
    /// Makes the dispatcher, once for each run, from the one inside it and the host that events, comments, notes and
    /// commits come back through.
    /// </param>
    public IsolationPipelineBuilder UseDispatcher(Func<IWorkerDispatcher, DispatchHost, IWorkerDispatcher> wrap) =>
        With(wrap, s => s.Dispatchers = [.. s.Dispatchers, wrap]);

    /// <summary>
    /// Wraps the run of one attempt, around the built-in time-out: a circuit breaker, a rate limiter.
    /// </summary>
    public IsolationPipelineBuilder ConfigureResilience(Action<ResiliencePipelineBuilder<RunResult>> configure) =>
        With(configure, s => s.Resilience = configure);

    /// <summary>Uses another clock. <value>The host's, or the system's.</value></summary>
    public IsolationPipelineBuilder UseTimeProvider(TimeProvider timeProvider) =>
        With(timeProvider, s => s.TimeProvider = timeProvider);

    /// <summary>Uses other loggers. <value>The host's, or none.</value></summary>
    public IsolationPipelineBuilder UseLoggerFactory(ILoggerFactory loggerFactory) =>
        With(loggerFactory, s => s.LoggerFactory = loggerFactory);

    /// <summary>Runs each attempt with a runner made for it, from its own service scope.</summary>
    public IsolationPipelineBuilder RunWith(Func<IServiceProvider, IAgentRunner> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        return RunWith(create, runsInProcess: true);
    }

    /// <summary>
    /// Runs attempts with a command inside the worker's state. Placeholders: <c>{instructions}</c>, <c>{briefing}</c>,
    /// <c>{workspace}</c>, <c>{attempt}</c>, <c>{item}</c>, <c>{title}</c>, <c>{tmp}</c>, <c>{port:name}</c>.
    /// </summary>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments; there is no shell in between.</param>
    public IsolationPipelineBuilder RunProcess(string file, params string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(arguments);
        RunWith(_ => new ProcessRunner(file, arguments), runsInProcess: false);
        return With(s => (s.RunnerFile, s.RunnerFaults) = (file, ProcessRunner.Check(file, arguments)));
    }

    /// <summary>
    /// Runs attempts with a runner that does its work only through commands it starts in the worker. It is trusted, as
    /// the host itself is; the commands are not, so every level accepts it.
    /// </summary>
    public IsolationPipelineBuilder RunCommandsWith(Func<IServiceProvider, IAgentRunner> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        return RunWith(create, runsInProcess: false);
    }

    /// <summary>
    /// Adds a runner that an assignment may name: a node carries out attempts of pipelines elsewhere with it.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments, with the placeholders of <see cref="RunProcess"/>.</param>
    public IsolationPipelineBuilder AddRunner(string name, string file, params string[] arguments)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(arguments);
        return With(s =>
        {
            s.Runners = new Dictionary<string, Func<IServiceProvider, IAgentRunner>>(s.Runners)
            {
                [name] = _ => new ProcessRunner(file, arguments),
            };
            s.NamedRunnerFaults = [.. s.NamedRunnerFaults, .. ProcessRunner.Check(file, arguments)];
        });
    }

    /// <summary>Says what this machine offers to items that require it, such as <c>linux</c> or <c>gpu</c>.</summary>
    /// <param name="labels">The labels, as in <see cref="WorkItem.Requires"/>.</param>
    public IsolationPipelineBuilder AddLabels(params string[] labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return With(s => s.Labels = [.. s.Labels, .. labels]);
    }

    /// <summary>Has attempts carried out by the runner of this name, wherever they are dispatched to.</summary>
    /// <param name="name">The name, as in <see cref="AddRunner"/>.</param>
    public IsolationPipelineBuilder UseRunner(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return With(s => s.RunnerName = name);
    }

    /// <summary>
    /// Makes a node of what was said so far: it carries out the attempts of a pipeline elsewhere, in a clone of its
    /// repository. It needs no merge strategy, tracker or target. What a process that died left in the clone is swept
    /// before the first attempt; unmerged work is kept.
    /// </summary>
    /// <param name="host">Receives what the workers say.</param>
    /// <param name="services">The host's services; <see langword="null"/> for none.</param>
    /// <exception cref="IsolationConfigurationException">Every fault of the composition, with its remedy.</exception>
    public WorkerNode BuildNode(IWorkerHost host, IServiceProvider? services = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        PipelinePlan plan = Compose(services, merging: null);
        NodeSession session = new(plan, host);
        return new WorkerNode(plan.Options.StopGrace, plan.Time, session.RunAsync, session.DisposeAsync);
    }

    /// <summary>
    /// Makes a pipeline of what was said so far, without any input or output. The builder stays as it is: it may be
    /// changed and built again.
    /// </summary>
    /// <param name="services">The host's services; <see langword="null"/> for none.</param>
    /// <exception cref="IsolationConfigurationException">Every fault of the composition, with its remedy.</exception>
    public IsolationPipeline Build(IServiceProvider? services = null) => new(Compose(services, Merging.Choice));

    internal IsolationPipelineBuilder UseOptionsName(string name) => With(s => s.Name = name);

    private PipelinePlan Compose(IServiceProvider? services, AxisChoice<IMergeStrategy>? merging) =>
        new PipelineComposer(_settings with { }, services).Compose(
            Workspaces.OrDefault(a =>
                _ = _settings.Level is SandboxLevel.Restricted or SandboxLevel.Sealed
                    ? a.UsePrivateClones()
                    : a.UseGitWorktrees()
            ),
            Contexts.OrDefault(a => a.UseFresh()),
            Sandbox.OrDefault(a =>
                _ = _settings.Level switch
                {
                    SandboxLevel.Restricted => a.UseRestricted(),
                    SandboxLevel.Sealed => a.UseSealed(),
                    _ => a.UseProcess(),
                }
            ),
            merging
        );

    private IsolationPipelineBuilder RunWith(Func<IServiceProvider, IAgentRunner> create, bool runsInProcess) =>
        With(s => (s.Runner, s.RunnerFile, s.RunnerFaults, s.RunsInProcess) = (create, null, [], runsInProcess));

    private IsolationPipelineBuilder With(
        object argument,
        Action<PipelineSettings> change,
        [CallerArgumentExpression(nameof(argument))] string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(argument, name);
        return With(change);
    }

    private IsolationPipelineBuilder With(Action<PipelineSettings> change)
    {
        change(_settings);
        return this;
    }
}
