using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Isolation.Sdk.Dispatching;

/// <summary>Carries out attempts in this process, for a pipeline here or on another machine.</summary>
public sealed class WorkerNode : IWorkerDispatcher, IAsyncDisposable
{
    private readonly ConcurrentDictionary<AttemptId, Execution> _running = new();
    private readonly Func<Execution, Task<AttemptReport>> _run;
    private readonly Func<ValueTask> _dispose;
    private readonly TimeSpan _grace;
    private readonly TimeProvider _time;
    private volatile bool _disposed;

    internal WorkerNode(
        TimeSpan grace,
        TimeProvider time,
        Func<Execution, Task<AttemptReport>> run,
        Func<ValueTask> dispose
    )
    {
        (_grace, _time, _run, _dispose) = (grace, time, run, dispose);
    }

    /// <summary>The node's name, as reports give it.</summary>
    public string Name { get; } = Environment.MachineName;

    /// <inheritdoc/>
    public async Task<AttemptReport> DispatchAsync(
        WorkerAssignment assignment,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(assignment);
        ObjectDisposedException.ThrowIf(_disposed, this);
        Execution execution = _running.GetOrAdd(assignment.Attempt, _ => new Execution(assignment, _time));
        // The caller's cancellation is orderly, whether it started the attempt or joined it: first please, after the
        // grace now.
        using CancellationTokenRegistration cancelled = cancellationToken.Register(() =>
            _ = execution.Stop.RequestAsync(StopReason.Cancelled, _grace, execution.Ended)
        );
        try
        {
            return await execution.RunAsync(_run).ConfigureAwait(false);
        }
        finally
        {
            _running.TryRemove(assignment.Attempt, out _);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> SendAsync(
        AttemptId attempt,
        WorkerMessage message,
        CancellationToken cancellationToken = default
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Find(attempt)?.Inbox.Writer.TryWrite(message) == true);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> StopAsync(
        AttemptId attempt,
        TimeSpan grace,
        CancellationToken cancellationToken = default
    )
    {
        if (Find(attempt) is not { } execution)
        {
            return false;
        }

        Task request = execution.Stop.RequestAsync(StopReason.Stopped, grace, execution.Ended);
        // How it ended is for whoever dispatched it.
        await ((Task)execution.RunAsync(_run))
            .WaitAsync(cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        await request.ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<DispatchedAttempt> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach ((AttemptId attempt, Execution execution) in _running)
        {
            yield return new DispatchedAttempt(attempt, execution.Assignment.BaseCommit)
            {
                Node = Name,
                LastSeen = _time.GetUtcNow(),
                Started = true,
            };
        }
    }

    /// <summary>Ends what runs, as cancelling it would, and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            Execution[] running = [.. _running.Values];
            foreach (Execution execution in running)
            {
                _ = execution.Stop.RequestAsync(StopReason.Cancelled, _grace, execution.Ended);
            }

            await ((Task)Task.WhenAll(running.Select(r => r.RunAsync(_run)))).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing
            );

            await _dispose().ConfigureAwait(false);
        }
    }

    private Execution? Find(AttemptId attempt) => _running.GetValueOrDefault(attempt);

    internal sealed class Execution(WorkerAssignment assignment, TimeProvider time)
    {
        private readonly CancellationTokenSource _ended = new();
        private readonly Lock _gate = new();
        private Task<AttemptReport>? _report;

        public WorkerAssignment Assignment { get; } = assignment;

        public Channel<WorkerMessage> Inbox { get; } = Channel.CreateUnbounded<WorkerMessage>();

        public WorkerStopSource Stop { get; } = new(time);

        public CancellationToken Ended => _ended.Token;

        public Task<AttemptReport> RunAsync(Func<Execution, Task<AttemptReport>> run)
        {
            lock (_gate)
            {
                return _report ??= CoreAsync(run);
            }
        }

        private async Task<AttemptReport> CoreAsync(Func<Execution, Task<AttemptReport>> run)
        {
            try
            {
                return await run(this).ConfigureAwait(false);
            }
            finally
            {
                Inbox.Writer.TryComplete();
                await _ended.CancelAsync().ConfigureAwait(false);
            }
        }
    }
}
