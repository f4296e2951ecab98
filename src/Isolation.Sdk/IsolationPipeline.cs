using Isolation.Sdk.Cleanup;
using Isolation.Sdk.Composition;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Scheduling;
using Isolation.Sdk.Tracking;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk;

/// <summary>A composed pipeline: starts runs, watches their workers, cleans up after hosts that died.</summary>
public sealed class IsolationPipeline : IAsyncDisposable, IDisposable
{
    private readonly PipelinePlan _plan;
    private readonly WorkerEventHub _events;
    private readonly Lock _gate = new();
    private IsolationRun? _run;
    private Task? _disposal;

    internal IsolationPipeline(PipelinePlan plan)
    {
        _plan = plan;
        _events = new WorkerEventHub(plan.Time);
    }

    /// <summary>The composed workspace provider, decorators included.</summary>
    public IWorkspaceProvider Workspaces => _plan.Workers.Workspaces;

    /// <summary>The composed context factory, decorators included.</summary>
    public IContextFactory Contexts => _plan.Workers.Contexts;

    /// <summary>The composed sandbox, decorators included.</summary>
    public IStateSandbox Sandbox => _plan.Workers.Sandbox;

    /// <summary>The composed merge strategy, decorators included.</summary>
    public IMergeStrategy Merging => _plan.Merging;

    /// <summary>Every worker of this pipeline so far, folded from its events.</summary>
    public IReadOnlyList<WorkerStatus> Workers =>
        [
            .. _events.Statuses.Select(s =>
                s.WithLiveness(_plan.Time.GetUtcNow(), _plan.Options.QuietAfter, leaseHeld: null)
            ),
        ];

    internal bool IsRunning => _run is { Completion.IsCompleted: false };

    internal Exception? Fault => _run?.Completion.Exception?.GetBaseException() ?? _run?.SourceFault;

    /// <summary>Carries the checklist out: probes git, kernel and repository, changes none of them.</summary>
    public Task<AuditReport> AuditAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return IsolationAudit.RunAsync(_plan, cancellationToken);
    }

    /// <summary>Starts a run over a finite set of items. It runs whether or not anyone enumerates it.</summary>
    /// <param name="items">The items; with a tracker of the host's they are added to it. Cycles and unknown blockers
    /// are refused before anything starts.</param>
    /// <param name="cancellationToken">A token to end the run in an orderly way.</param>
    /// <exception cref="IsolationConfigurationException">Everything that is wrong with the items.</exception>
    public IsolationRun Start(IReadOnlyCollection<WorkItem> items, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        bool isOwn = _plan.Settings.Tracker is null;
        IsolationFault[] faults =
        [
            // The host's tracker may have the blocker already.
            .. WorkScheduler.Check(items).Where(f => isOwn || f.Code != TrackingCodes.UnknownBlocker),
        ];
        return faults.Length == 0
            ? Begin(new RunItems([.. items], null), cancellationToken)
            : throw new IsolationConfigurationException(faults);
    }

    /// <summary>
    /// Starts a run over a stream of items: each may start as soon as it came and what it is blocked by has landed. An
    /// item that cannot be taken ends as <see cref="ItemOutcome.Refused"/>.
    /// </summary>
    /// <param name="items">The items; with a tracker of the host's they are added to it. The run ends after the last
    /// one.</param>
    /// <param name="cancellationToken">A token to end the run in an orderly way.</param>
    public IsolationRun Start(IAsyncEnumerable<WorkItem> items, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return Begin(new RunItems([], items), cancellationToken);
    }

    /// <summary>Starts a run over the items of the tracker that the builder was given.</summary>
    /// <param name="cancellationToken">A token to end the run in an orderly way.</param>
    /// <exception cref="IsolationException">ISO0923: the builder was given none.</exception>
    public IsolationRun Start(CancellationToken cancellationToken = default) =>
        Start(isHosted: false, cancellationToken);

    internal IsolationRun Start(bool isHosted, CancellationToken cancellationToken) =>
        _plan.Settings.Tracker is null
            ? throw NoTracker("There are no items to run.")
            : Begin(new RunItems([], null) { IsTrackers = true, IsHosted = isHosted }, cancellationToken);

    /// <summary>
    /// Looks ahead: which of the workers that run here touch the same files as each other, or as what waits in the
    /// target's merge queue, and whether what they have committed so far merges. Merges are tried without any work
    /// tree.
    /// </summary>
    /// <returns>Every overlap; empty when nothing runs. What is not committed is not seen.</returns>
    /// <exception cref="IsolationException">ISO0201: git failed.</exception>
    public async Task<IReadOnlyList<Overlap>> ForecastAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return _run is { } run ? await run.ForecastAsync(cancellationToken).ConfigureAwait(false) : [];
    }

    /// <summary>The composed plan, and what is sealed, detected and open, as text for people.</summary>
    public async Task<string> DescribeAsync(CancellationToken cancellationToken = default) =>
        PlanDescription.Of(_plan, await AuditAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>
    /// Says what hosts that died left behind, which records of landed work are no longer needed, and what would become
    /// of each; changes nothing.
    /// </summary>
    public async Task<IReadOnlyList<CleanItem>> PlanCleanAsync(CancellationToken cancellationToken = default)
    {
        LeaseSweep sweep = await OpenSweepAsync(cancellationToken).ConfigureAwait(false);
        return await sweep.PlanAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Carries a plan out, each item re-checked first; what holds unmerged work is kept and reported.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellationToken">A token to stop between two items.</param>
    /// <returns>What was done.</returns>
    public async Task<IReadOnlyList<CleanItem>> CleanAsync(
        IReadOnlyList<CleanItem> plan,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(plan);
        LeaseSweep sweep = await OpenSweepAsync(cancellationToken).ConfigureAwait(false);
        return await sweep.ApplyAsync(plan, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the run under way, if there is one, and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        Task disposal;
        lock (_gate)
        {
            disposal = _disposal ??= Task.Run(EndAsync);
        }

        await disposal.ConfigureAwait(false);
    }

    /// <summary>
    /// Ends the run under way, if there is one, and blocks until it has ended; prefer <see cref="DisposeAsync"/>.
    /// </summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    internal async Task DrainAsync(IsolationRun run, CancellationToken cancellationToken)
    {
        using CancellationTokenSource time = new(_plan.Options.DrainTimeout, _plan.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
            time.Token,
            cancellationToken
        );
        await ((Task)run.DrainAsync(either.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task EndAsync()
    {
        if (_run is { } run)
        {
            await run.DisposeAsync().ConfigureAwait(false);
        }

        await PipelineComposer.DisposeAsync(_plan.Made).ConfigureAwait(false);
        _events.Complete();
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposal is not null, this);

    private static IsolationException NoTracker(string what) =>
        new(SchedulingCodes.NoTracker, what, "Give Start the items, or the builder a tracker with .UseTracker(…).");

    private IsolationRun Begin(RunItems items, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            if (_run is { Completion.IsCompleted: false })
            {
                throw new IsolationException(
                    SchedulingCodes.AlreadyRunning,
                    "This pipeline has a run under way.",
                    "Wait for its Completion, or feed its stream of items."
                );
            }

            IWorkTracker tracker = _plan.Settings.Tracker is { } create
                ? create(_plan.Workers.Services) ?? throw NoTracker("The tracker that UseTracker was given is null.")
                : new InMemoryWorkTracker(_plan.Time);
            return _run = new IsolationRun(_plan, _events, tracker, items, cancellationToken);
        }
    }

    private async Task<LeaseSweep> OpenSweepAsync(CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        GitRepository repository = await _plan.OpenRepositoryAsync(cancellationToken).ConfigureAwait(false);
        LeaseStore leases = new(repository.CommonDirectory, repository.Reference, _plan.Time);
        WorkersDirectory directory = WorkersDirectory.Resolve(
            _plan.Settings.WorkersDirectory,
            repository.CommonDirectory
        );
        return new LeaseSweep(
            leases,
            new LandedRecords(repository, leases, directory, _plan.TargetRef, _plan.Time),
            _plan.Workers.Workspaces,
            _plan.Workers.Sandbox
        );
    }
}
