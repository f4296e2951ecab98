using System.Collections.Concurrent;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Dispatching;

/// <summary>The coordinator's side of a dispatcher: what workers say, and the commits that they make, come back through
/// it.</summary>
/// <remarks>What comes from another machine is not trusted: only attempts that this run has dispatched are
/// heard.</remarks>
public sealed class DispatchHost : IWorkerHost
{
    private readonly GitRepository _repository;
    private readonly WorkerEventHub _events;
    private readonly IWorkTracker _tracker;
    private readonly WorkersDirectory _directory;
    private readonly HandoffStore _handoffs;
    private readonly CommitCollector _collector;
    private readonly ConcurrentDictionary<AttemptId, WorkerAssignment> _dispatched = new();
    private readonly ConcurrentDictionary<AttemptId, RunningAttempt> _running = new();

    internal DispatchHost(
        GitRepository repository,
        WorkerEventHub events,
        IWorkTracker tracker,
        WorkersDirectory directory,
        TimeProvider time
    )
    {
        (_repository, _events, _tracker, _directory) = (repository, events, tracker, directory);
        _handoffs = new HandoffStore(repository);
        _collector = new CommitCollector(repository, time);
    }

    /// <summary>The repository. A dispatcher finds its remotes here.</summary>
    public RepositoryRef Repository => _repository.Reference;

    internal IReadOnlyList<RunningAttempt> Running =>
        [.. _running.Values.OrderBy(r => r.Attempt.ToString(), StringComparer.Ordinal)];

    internal Action<RunningAttempt>? OnStarted { get; set; }

    internal IDisposable Register(WorkerAssignment assignment)
    {
        _dispatched[assignment.Attempt] = assignment;
        return new Registration(() =>
        {
            _dispatched.TryRemove(assignment.Attempt, out _);
            _running.TryRemove(assignment.Attempt, out _);
        });
    }

    /// <inheritdoc/>
    public void Publish(WorkerEvent workerEvent)
    {
        ArgumentNullException.ThrowIfNull(workerEvent);
        if (_dispatched.TryGetValue(workerEvent.Attempt, out WorkerAssignment? assignment))
        {
            _events.Publish(workerEvent);
            if (workerEvent is { Kind: WorkerEventKind.Stage, Stage: Stage.Run })
            {
                RunningAttempt running = new(assignment, workerEvent.Branch);
                _running[assignment.Attempt] = running;
                OnStarted?.Invoke(running);
            }
            else if (workerEvent.Kind == WorkerEventKind.Stage)
            {
                _running.TryRemove(assignment.Attempt, out _);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask AppendAsync(HistoryEntry entry, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry.Attempt is { } attempt && attempt.Item == entry.Item && _dispatched.ContainsKey(attempt)
            ? _tracker.AppendAsync(entry with { Text = _events.Secrets.Apply(entry.Text) }, cancellationToken)
            : ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask HandoffAsync(AttemptId attempt, string note, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(note);
        if (_dispatched.ContainsKey(attempt))
        {
            await _handoffs.AppendAsync(attempt, note, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<string> FetchTargetAsync(AttemptId attempt, CancellationToken cancellationToken = default)
    {
        string target = _dispatched.GetValueOrDefault(attempt)?.Target ?? throw CommitCollector.Superseded(attempt);
        return await _repository
            .TryResolveCommitAsync(RefNames.OfBranch(target), cancellationToken)
            .ConfigureAwait(false)
            ?? throw new IsolationException(
                GitCodes.UnknownRevision,
                $"The target '{target}' does not exist.",
                "Create the target branch."
            );
    }

    /// <summary>
    /// Takes the commit of a finished attempt into the repository: fetches it with object checks from the remote that
    /// the report names, or from a bundle, requires that it descends from the attempt's base, moves the attempt's ref
    /// by compare-and-swap, and computes the changes again.
    /// </summary>
    /// <remarks>The pipeline calls it for every report. A dispatcher calls it itself only when it has a
    /// bundle.</remarks>
    /// <param name="assignment">The assignment.</param>
    /// <param name="report">The report, as it came.</param>
    /// <param name="bundle">The absolute path of a bundle with the attempt's ref; <see langword="null"/> for
    /// none.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <returns>The report about the commit that is in the repository now.</returns>
    /// <exception cref="IsolationException">
    /// ISO0775: the report is incomplete or about another attempt; ISO0776: the commit is not what git allows, or does
    /// not descend from the base; ISO0777: a newer attempt exists, or the ref has moved.
    /// </exception>
    public async Task<AttemptReport> CollectAsync(
        WorkerAssignment assignment,
        AttemptReport report,
        string? bundle = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(assignment);
        ArgumentNullException.ThrowIfNull(report);
        _running.TryRemove(assignment.Attempt, out _);
        AttemptReport collected = _dispatched.ContainsKey(assignment.Attempt)
            ? await _collector.CollectAsync(assignment, report, bundle, cancellationToken).ConfigureAwait(false)
            : throw CommitCollector.Superseded(assignment.Attempt);
        return collected with { Log = _directory.LogOf(assignment.Attempt) };
    }

    private sealed class Registration(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
