using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

/// <summary>A command that runs in a scope.</summary>
internal sealed class WorkerProcess : IWorkerProcess
{
    private readonly ChildProcess _started;
    private readonly BoundedLog? _log;
    private readonly Action<WorkerProcess> _ended;
    private int _forced;

    public WorkerProcess(ChildProcess started, BoundedLog? log, LimitWatchdog watch, Action<WorkerProcess> ended)
    {
        _started = started;
        _log = log;
        _ended = ended;
        Exit = ExitAsync(watch);
    }

    public int Id => _started.Id;

    public Stream Input => _started.Input;

    public Stream Output => _started.Output;

    public Stream Error => _started.Error;

    public Task<ExecResult> Exit { get; }

    public async ValueTask<ExecResult> StopAsync(TimeSpan grace)
    {
        if (await _started.EndAsync(grace).ConfigureAwait(false))
        {
            Interlocked.Exchange(ref _forced, 1);
        }

        _log?.Dispose();
        _ended(this);
        ExecResult exit = await Exit.ConfigureAwait(false);
        return exit with { Forced = _forced == 1 };
    }

    /// <summary>Ends the whole tree at once, and then lets go of the streams.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        await Input.DisposeAsync().ConfigureAwait(false);
        await Output.DisposeAsync().ConfigureAwait(false);
        await Error.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<ExecResult> ExitAsync(LimitWatchdog watch)
    {
        LimitHit? passed = await watch.WatchAsync(_started).ConfigureAwait(false);
        return new ExecResult(await _started.Exited.ConfigureAwait(false))
        {
            Mechanism = _started.Mechanism,
            Limit = passed?.Name,
            LimitMechanism = passed?.Mechanism,
        };
    }
}
