using System.Diagnostics;
using System.Runtime.CompilerServices;
using Isolation.Sdk.Composition;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Git;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Scheduling;
using Isolation.Sdk.Tracking;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk;

/// <summary>
/// A run under way. Enumerating it gives one result an item, as they end; the run goes on whether or not anyone does.
/// </summary>
public sealed class IsolationRun : IAsyncEnumerable<WorkItemResult>, IAsyncDisposable
{
    private readonly PipelinePlan _plan;
    private readonly WorkerEventHub _events;
    private readonly IWorkTracker _tracker;
    private readonly RunResults _results;
    private readonly ILogger _logger;
    private readonly CancellationToken _caller;
    private readonly string? _traceParent = Activity.Current is { IdFormat: ActivityIdFormat.W3C } starter
        ? starter.Id
        : null;
    private readonly CancellationTokenSource _draining = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationTokenRegistration _hearing;
    private volatile IWorkerDispatcher? _dispatcher;
    private volatile ItemFeed? _feed;
    private volatile Forecaster? _forecaster;

    internal IsolationRun(
        PipelinePlan plan,
        WorkerEventHub events,
        IWorkTracker tracker,
        RunItems items,
        CancellationToken cancellationToken
    )
    {
        _plan = plan;
        _events = new WorkerEventHub(plan.Time, plan.Workers.Loggers.CreateLogger("Isolation.Sdk.Workers"), events);
        _tracker = tracker;
        _caller = cancellationToken;
        _logger = plan.Workers.Loggers.CreateLogger("Isolation.Sdk");
        _results = new RunResults(tracker, _events, _logger);
        _hearing = cancellationToken.UnsafeRegister(
            static ending => ((CancellationTokenSource)ending!).Cancel(),
            _ending
        );

        // The run belongs to nobody's flow: nothing of the caller's async locals, culture or activity goes into it.
        using (ExecutionContext.SuppressFlow())
        {
            Completion = Task.Run(() => RunAsync(items));
        }
    }

    /// <summary>
    /// The summary, once every item has its result; faulted when the audit refused to start. A cancelled run completes
    /// with its summary.
    /// </summary>
    public Task<IsolationSummary> Completion { get; }

    /// <summary>Watches every event of this run's workers from this call on. The stream ends with the run.</summary>
    /// <param name="cancellationToken">A token to end the stream.</param>
    public IAsyncEnumerable<WorkerEvent> WatchAsync(CancellationToken cancellationToken = default) =>
        _events.Watch(cancellationToken);

    /// <summary>Says something to a running worker; it finds it in its inbox.</summary>
    /// <exception cref="IsolationException">ISO0924: no such worker is running here.</exception>
    public async ValueTask SendAsync(
        AttemptId worker,
        WorkerMessage message,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(message);
        if (
            _dispatcher is not { } dispatcher
            || !await dispatcher.SendAsync(worker, message, cancellationToken).ConfigureAwait(false)
        )
        {
            throw NotRunning(worker);
        }
    }

    /// <summary>
    /// Asks a worker to finish, ends it after the grace, and returns when it has ended. Its item is not retried.
    /// </summary>
    /// <param name="worker">The worker.</param>
    /// <param name="grace">How long it may take by itself.</param>
    /// <exception cref="IsolationException">ISO0924: no such worker is running here.</exception>
    public async ValueTask StopAsync(AttemptId worker, TimeSpan grace)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero);
        if (_dispatcher is not { } dispatcher || !await dispatcher.StopAsync(worker, grace).ConfigureAwait(false))
        {
            throw NotRunning(worker);
        }
    }

    /// <summary>
    /// Cancels an item that nobody works on: it ends as <see cref="ItemOutcome.Cancelled"/>, and what waits for it is
    /// skipped.
    /// </summary>
    /// <param name="item">The item's ID.</param>
    /// <param name="reason">Why; it goes into the result.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <returns><see langword="false"/> if the item is being worked on (use <see cref="StopAsync"/>), awaits its merge,
    /// is over or unknown.</returns>
    public ValueTask<bool> CancelAsync(
        string item,
        string reason = "It was cancelled.",
        CancellationToken cancellationToken = default
    ) => _tracker.CancelAsync(item, reason, cancellationToken);

    /// <summary>
    /// Starts no further attempt, and waits for those that run and for their merges. Items that were not started go
    /// back to their tracker.
    /// </summary>
    /// <param name="cancellationToken">A token to end what still runs, in an orderly way, as disposing the run
    /// does.</param>
    public async Task<IsolationSummary> DrainAsync(CancellationToken cancellationToken = default)
    {
        await _draining.CancelAsync().ConfigureAwait(false);
        await using (
            cancellationToken
                .UnsafeRegister(static ending => ((CancellationTokenSource)ending!).Cancel(), _ending)
                .ConfigureAwait(false)
        )
        {
            return await Completion.ConfigureAwait(false);
        }
    }

    internal async Task<IReadOnlyList<Overlap>> ForecastAsync(CancellationToken cancellationToken) =>
        _forecaster is { } forecaster ? await forecaster.ScanAsync(cancellationToken).ConfigureAwait(false) : [];

    internal IsolationException? SourceFault => _feed?.Fault;

    /// <inheritdoc/>
    /// <exception cref="IsolationException">ISO0925, after the last result: the stream of items failed.</exception>
    public async IAsyncEnumerator<WorkItemResult> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        await foreach (WorkItemResult result in _results.Results.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return result;
        }

        await Completion.ConfigureAwait(false);
        _caller.ThrowIfCancellationRequested();
        if (SourceFault is { } fault)
        {
            throw fault;
        }
    }

    /// <summary>Ends the run in an orderly way and waits for it; faults stay in <see cref="Completion"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await ((Task)Completion).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static IsolationException NotRunning(AttemptId worker) =>
        new(SchedulingCodes.UnknownAttempt, $"Worker {worker} does not run here.", "See Workers for those that do.")
        {
            Attempt = worker,
        };

    private async Task<IsolationSummary> RunAsync(RunItems items)
    {
        long begun = _plan.Time.GetTimestamp();
        using StopSignals? signals =
            _plan.Options.StopsOnSignals && !items.IsHosted ? StopSignals.Listen(_ending.Cancel) : null;
        AuditReport audit = IsolationAudit.NotRun(_plan);
        try
        {
            try
            {
                audit = await IsolationAudit.RunAsync(_plan, _ending.Token).ConfigureAwait(false);
                if (!audit.Passed)
                {
                    throw new IsolationConfigurationException(audit.Faults);
                }

                foreach (string notice in audit.Notices)
                {
                    Log.AuditNotice(_logger, notice);
                }

                Log.RunStarted(_logger, _plan.Settings.Repository, _plan.Options.MaxWorkers);
                await RunItemsAsync(items).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_ending.IsCancellationRequested)
            {
                // Before the first worker.
            }

            bool cancelled = _ending.IsCancellationRequested;
            string? ended =
                cancelled ? OutcomeMapper.RunCancelled
                : _draining.IsCancellationRequested ? "The run was ended before it started."
                : null;
            await _results.CloseRestAsync(items.Given, ended).ConfigureAwait(false);
            Log.RunEnded(_logger, _results.All.Count(i => i.Outcome == ItemOutcome.Landed), _results.All.Count);
            return new IsolationSummary(_results.All, audit)
            {
                Elapsed = _plan.Time.GetElapsedTime(begun),
                Cancelled = cancelled,
                Fault = SourceFault?.Fault,
            };
        }
        finally
        {
            _results.Complete();
            _events.Complete();
            await _hearing.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task RunItemsAsync(RunItems items)
    {
        ChangeSignal changed = new();
        ItemFeed feed = new(_tracker, _results, changed, _logger);
        _feed = feed;
        IReadOnlyList<TrackedItem> before = await _results.BeginAsync(_ending.Token).ConfigureAwait(false);
        await feed.AddAsync(items.Given, _ending.Token).ConfigureAwait(false);
        GitRepository repository = await _plan.OpenRepositoryAsync(_ending.Token).ConfigureAwait(false);
        await BaseCommitCheck.RunAsync(repository, _plan, _tracker, _ending.Token).ConfigureAwait(false);
        await TargetBranch.EnsureAsync(repository, _plan, _ending.Token).ConfigureAwait(false);
        RunSession session = new(_plan, repository, _events, _tracker) { TraceParent = _traceParent };
        await using ConfiguredAsyncDisposable ending = session.ConfigureAwait(false);
        TargetQueues queues = new(session, _ending.Token);
        await using ConfiguredAsyncDisposable closing = queues.ConfigureAwait(false);
        await queues.OpenAsync(_plan.Settings.Target).ConfigureAwait(false);
        using Forecaster forecaster = new(session, _logger);
        session.Host.OnStarted = forecaster.OnStarted;
        using CancellationTokenSource feedEnds = CancellationTokenSource.CreateLinkedTokenSource(
            _ending.Token,
            _draining.Token
        );
        using CancellationTokenSource watching = new();
        Task feeding = feed.PumpAsync(items.Stream, feedEnds.Token);
        Task closings = _results.WatchAsync(watching.Token);
        _dispatcher = session.Dispatcher;
        Task notifying = new TargetNotifier(session, _logger).RunAsync(watching.Token);
        Task forecasting = forecaster.RunAsync(watching.Token);
        _forecaster = forecaster;
        RunLoop loop = new(
            session,
            _tracker,
            new AssignmentFactory(session, queues),
            new MergeFollower(session, queues, _results, changed) { Draining = _draining.Token },
            _results,
            feed
        );
        try
        {
            await loop.RunAsync(
                    waitForItems: items.IsTrackers,
                    before.Where(i => i.State == TrackedState.AwaitingMerge),
                    _draining.Token,
                    _ending.Token
                )
                .ConfigureAwait(false);
        }
        finally
        {
            await watching.CancelAsync().ConfigureAwait(false);
            _forecaster = null;
            await Task.WhenAll(closings, notifying, forecasting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await EndFeedAsync(feeding, feedEnds.Token).ConfigureAwait(false);
    }

    // The run is over, and so the stream is, unless the run was ended: then it may take as long as a worker may, and is
    // left behind.
    private async Task EndFeedAsync(Task feeding, CancellationToken ended)
    {
        if (!ended.IsCancellationRequested)
        {
            await feeding.ConfigureAwait(false);
            return;
        }

        _ = feeding.ContinueWith(
            static late => late.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        await feeding
            .WaitAsync(_plan.Options.StopGrace, _plan.Time, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
