using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

internal sealed class WorkerProcess : IWorkerProcess
{
    private readonly ChildProcess _child;
    private readonly BoundedLog? _log;
    private readonly Task _logged;
    private readonly Action<WorkerProcess> _ended;
    private volatile bool _forced;

    public WorkerProcess(ChildProcess child, BoundedLog? log, Action<WorkerProcess> ended)
    {
        (_child, _log, _ended) = (child, log, ended);
        _logged = log is null
            ? Task.CompletedTask
            : Task.WhenAll(PumpAsync(child.Output, log), PumpAsync(child.Error, log));
        Exit = WaitAsync();
    }

    public int Id => _child.Id;

    public Stream Input => _child.Input;

    public Stream Output => _log is null ? _child.Output : Stream.Null;

    public Stream Error => _log is null ? _child.Error : Stream.Null;

    public Task<ExecResult> Exit { get; }

    public async ValueTask<ExecResult> StopAsync(TimeSpan grace)
    {
        if (await _child.EndAsync(grace).ConfigureAwait(false))
        {
            _forced = true;
        }

        if (_child.EndsOutput)
        {
            await _logged.ConfigureAwait(false);
        }

        _log?.Dispose();
        _ended(this);
        return await Exit.ConfigureAwait(false) with { Forced = _forced };
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        await Input.DisposeAsync().ConfigureAwait(false);
        await _child.Output.DisposeAsync().ConfigureAwait(false);
        await _child.Error.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<ExecResult> WaitAsync()
    {
        (int code, LimitHit? limit) = await _child.Exit.ConfigureAwait(false);
        return new ExecResult(code)
        {
            Mechanism = _child.Mechanism,
            Limit = limit?.Name,
            LimitMechanism = limit?.Mechanism,
        };
    }

    private static async Task PumpAsync(Stream from, BoundedLog log)
    {
        byte[] buffer = new byte[64 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            log.Add(buffer.AsSpan(0, read));
        }
    }
}
