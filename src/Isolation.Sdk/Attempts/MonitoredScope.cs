using System.Collections.Concurrent;
using System.Globalization;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Attempts;

// A worker's scope as the worker sees it: what it starts shows in its status and ends with it, and ending the scope is
// not its business.
internal sealed class MonitoredScope(IStateScope inner, AttemptId attempt, Action<WorkerEvent> publish) : IStateScope
{
    private readonly ConcurrentDictionary<MonitoredProcess, bool> _alive = new();
    private volatile bool _ended;

    public StateInfo Info => inner.Info;

    public async ValueTask<IWorkerProcess> StartAsync(
        WorkerCommand command,
        CancellationToken cancellationToken = default
    )
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        IWorkerProcess process = await inner.StartAsync(command, cancellationToken).ConfigureAwait(false);
        MonitoredProcess monitored = new(process, _alive);
        Publish(WorkerEventKind.ProcessStarted, process.Id, "");
        _ = process.Exit.ContinueWith(
            e => Publish(WorkerEventKind.ProcessEnded, process.Id, e.IsCompletedSuccessfully ? e.Result.Mechanism : ""),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        return monitored;
    }

    // What the worker started ends, and is closed, before anybody looks at what it made.
    public async Task EndAsync()
    {
        _ended = true;
        await ((Task)Task.WhenAll(_alive.Keys.Select(p => p.EndAsync()))).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing
        );
    }

    public ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default) =>
        ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Publish(WorkerEventKind kind, int id, string mechanism)
    {
        Dictionary<string, string> data = new() { ["pid"] = id.ToString(CultureInfo.InvariantCulture) };
        if (mechanism.Length > 0)
        {
            data["mechanism"] = mechanism;
        }

        publish(new WorkerEvent(attempt, default, kind) { Data = data });
    }

    private sealed class MonitoredProcess : IWorkerProcess
    {
        private readonly IWorkerProcess _inner;
        private readonly ConcurrentDictionary<MonitoredProcess, bool> _alive;

        public MonitoredProcess(IWorkerProcess inner, ConcurrentDictionary<MonitoredProcess, bool> alive)
        {
            (_inner, _alive) = (inner, alive);
            alive[this] = true;
        }

        public int Id => _inner.Id;

        public Stream Input => _inner.Input;

        public Stream Output => _inner.Output;

        public Stream Error => _inner.Error;

        public Task<ExecResult> Exit => _inner.Exit;

        public ValueTask<ExecResult> StopAsync(TimeSpan grace) => _inner.StopAsync(grace);

        public async Task EndAsync()
        {
            await _inner.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
            await DisposeAsync().ConfigureAwait(false);
        }

        public async ValueTask DisposeAsync()
        {
            await _inner.DisposeAsync().ConfigureAwait(false);
            _alive.TryRemove(this, out _);
        }
    }
}
