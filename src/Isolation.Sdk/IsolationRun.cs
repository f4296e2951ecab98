using System.Diagnostics;
using System.Runtime.CompilerServices;
using Isolation.Sdk.Composition;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Git;
using Isolation.Sdk.Merging;
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
    private readonly RunResults _ledger;
    private readonly ILogger _logger;
    private readonly CancellationToken _caller;
    private readonly string? _traceParent = Activity.Current is { IdFormat: ActivityIdFormat.W3C } starter
        ? starter.Id
        : null;
    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationTokenRegistration _hearing;
    private volatile IWorkerDispatcher? _dispatcher;
    private volatile Forecaster? _forecaster;

    internal IsolationRun(
        PipelinePlan plan,
        WorkerEventHub events,
        IWorkTracker tracker,
        IAsyncEnumerable<WorkItem>? feed,
        CancellationToken cancellationToken
    )
    {
        _plan = plan;
        _events = events;
        _tracker = tracker;
        _caller = cancellationToken;
        _logger = plan.Services.Loggers.CreateLogger("Isolation.Sdk");
        _ledger = new RunResults(_logger);
        _hearing = cancellationToken.UnsafeRegister(
            static ending => ((CancellationTokenSource)ending!).Cancel(),
            _ending
        );

        // The run belongs to nobody's flow: nothing of the caller's async locals, culture or activity goes into it.
        using (ExecutionContext.SuppressFlow())
        {
            Completion = Task.Run(() => RunAsync(feed));
        }
    }

    /// <summary>
    /// The summary, once every item has its result; faulted when the audit refused to start. A cancelled run completes
    /// with its summary.
    /// </summary>
    public Task<IsolationSummary> Completion { get; }

    /// <summary>Every event of every worker from this call on.</summary>
    /// <param name="cancellationToken">Ends the stream.</param>
    public IAsyncEnumerable<WorkerEvent> WatchAsync(CancellationToken cancellationToken = default) =>
        _events.Watch(cancellationToken);

    /// <summary>Says something to a running worker; it finds it in its inbox.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="message">What to say.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
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

    /// <summary>Looks ahead now: which workers will meet in the same files.</summary>
    internal async Task<IReadOnlyList<Overlap>> ForecastAsync(CancellationToken cancellationToken) =>
        _forecaster is { } forecaster ? await forecaster.ScanAsync(cancellationToken).ConfigureAwait(false) : [];

    /// <inheritdoc/>
    public async IAsyncEnumerator<WorkItemResult> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        await foreach (WorkItemResult result in _ledger.Results.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return result;
        }

        await Completion.ConfigureAwait(false);
        _caller.ThrowIfCancellationRequested();
    }

    /// <summary>Ends the run in an orderly way and waits for it; faults stay in <see cref="Completion"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await ((Task)Completion).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static IsolationException NotRunning(AttemptId worker) =>
        new(PipelineCodes.UnknownAttempt, $"Worker {worker} does not run here.", "See Workers for those that do.")
        {
            Attempt = worker,
        };

    private async Task<IsolationSummary> RunAsync(IAsyncEnumerable<WorkItem>? feed)
    {
        long begun = _plan.Services.Time.GetTimestamp();
        AuditReport audit = IsolationAudit.NotRun(_plan);
        try
        {
            bool cancelled;
            try
            {
                audit = await IsolationAudit.RunAsync(_plan, _ending.Token).ConfigureAwait(false);
                if (!audit.Passed)
                {
                    throw new IsolationConfigurationException(audit.Faults);
                }

                Log.RunStarted(_logger, _plan.Settings.Repository, _plan.Options.MaxWorkers);
                cancelled = await PlayAsync(feed).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_ending.IsCancellationRequested)
            {
                cancelled = true; // Before the first worker.
            }

            ItemFeed.CloseRest(_tracker, _ledger, cancelled);
            Log.RunEnded(_logger, _ledger.All.Count(i => i.Outcome == ItemOutcome.Landed), _ledger.All.Count);
            return new IsolationSummary(_ledger.All, audit)
            {
                Elapsed = _plan.Services.Time.GetElapsedTime(begun),
                Cancelled = cancelled,
            };
        }
        finally
        {
            _ledger.Complete();
            await _hearing.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool> PlayAsync(IAsyncEnumerable<WorkItem>? feed)
    {
        GitRepository repository = await _plan
            .Services.Repositories.OpenAsync(_plan.Settings.Repository, _ending.Token)
            .ConfigureAwait(false);
        await BaseCommitCheck.RunAsync(repository, _plan, _tracker, _ending.Token).ConfigureAwait(false);
        await TargetBranch.EnsureAsync(repository, _plan, _ending.Token).ConfigureAwait(false);
        RunSession session = new(_plan, repository, _events, _tracker) { TraceParent = _traceParent };
        await using ConfiguredAsyncDisposable ending = session.ConfigureAwait(false);
        IMergeQueue queue = await _plan
            .Merging.OpenAsync(new MergeTarget(repository.Reference, _plan.TargetRef), _ending.Token)
            .ConfigureAwait(false);
        await using (queue.ConfigureAwait(false))
        {
            Task feeding = feed is null
                ? Task.CompletedTask
                : ItemFeed.PumpAsync(feed, (InMemoryWorkTracker)_tracker, _ending.Token);
            using CancellationTokenSource watching = new();
            Task closings = ItemFeed.CollectAsync(_tracker, _ledger, watching.Token);
            _dispatcher = session.Dispatcher;
            Task telling = new TargetNotifier(session, _logger).RunAsync(watching.Token);
            Task forecasting = session.Forecaster.RunAsync(watching.Token);
            (_tracker as InMemoryWorkTracker)?.KeepApart(_plan.Forecast.MaxReorderings);
            _forecaster = session.Forecaster;
            RunLoop loop = new(session, queue, _tracker, _ledger, $"{Environment.MachineName}:{Environment.ProcessId}");
            try
            {
                await loop.RunAsync(_ending.Token).ConfigureAwait(false);
            }
            finally
            {
                await watching.CancelAsync().ConfigureAwait(false);
                _forecaster = null;
                await Task.WhenAll(closings, telling, forecasting)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await ItemFeed.EndAsync(feeding, _plan, _ending.Token).ConfigureAwait(false);
        }

        return _ending.IsCancellationRequested;
    }
}
