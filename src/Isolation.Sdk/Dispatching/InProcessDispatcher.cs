using System.Collections.Concurrent;
using System.Threading.Channels;
using Isolation.Sdk.Attempts;
using Isolation.Sdk.Scheduling;

namespace Isolation.Sdk.Dispatching;

/// <summary>Carries attempts out on this machine. A second dispatch of a live attempt joins the first.</summary>
internal sealed class InProcessDispatcher(RunSession session) : IWorkerDispatcher
{
    private readonly ConcurrentDictionary<AttemptId, Lazy<Task<AttemptReport>>> _running = new();
    private readonly ConcurrentDictionary<AttemptId, WorkerStopSource> _stops = new();
    private readonly ConcurrentDictionary<AttemptId, Channel<WorkerMessage>> _inboxes = new();

    public async Task<AttemptReport> DispatchAsync(
        WorkerAssignment assignment,
        CancellationToken cancellationToken = default
    )
    {
        Lazy<Task<AttemptReport>> play = _running.GetOrAdd(assignment.Attempt, _ => new Lazy<Task<AttemptReport>>(() =>
            RunAsync(assignment, cancellationToken)
        ));
        try
        {
            return await play.Value.ConfigureAwait(false);
        }
        finally
        {
            _running.TryRemove(assignment.Attempt, out _);
        }
    }

    /// <summary>Puts a message into a worker's inbox.</summary>
    /// <returns>false: it does not run here.</returns>
    public bool TrySend(AttemptId attempt, WorkerMessage message) =>
        _inboxes.TryGetValue(attempt, out Channel<WorkerMessage>? inbox) && inbox.Writer.TryWrite(message);

    /// <summary>Asks a worker to finish, and ends it after the grace.</summary>
    /// <returns>false: it does not run here.</returns>
    public async Task<bool> StopAsync(AttemptId attempt, TimeSpan grace)
    {
        if (!_stops.TryGetValue(attempt, out WorkerStopSource? stop))
        {
            return false;
        }

        using CancellationTokenSource ended = new();
        Task request = stop.RequestAsync(grace, ended.Token);
        if (_running.TryGetValue(attempt, out Lazy<Task<AttemptReport>>? play))
        {
            // How it ended is for who dispatched it.
            await ((Task)play.Value).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await ended.CancelAsync().ConfigureAwait(false);
        await request.ConfigureAwait(false);
        return true;
    }

    private async Task<AttemptReport> RunAsync(WorkerAssignment assignment, CancellationToken cancellationToken)
    {
        WorkerStopSource stop = new(session.Plan.Services.Time);
        Channel<WorkerMessage> inbox = Channel.CreateUnbounded<WorkerMessage>();
        _stops[assignment.Attempt] = stop;
        _inboxes[assignment.Attempt] = inbox;
        using CancellationTokenSource ended = new();
        try
        {
            // The caller's cancellation is orderly: please first, now after the grace.
            using CancellationTokenRegistration ask = cancellationToken.Register(() =>
                _ = stop.RequestAsync(session.Plan.Options.StopGrace, ended.Token)
            );
            return await new AttemptRun(session, assignment, inbox.Reader, stop)
                .RunAsync(cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            _stops.TryRemove(assignment.Attempt, out _);
            _inboxes.TryRemove(assignment.Attempt, out _);
            inbox.Writer.TryComplete();
        }
    }
}
