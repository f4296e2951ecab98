using Microsoft.Win32.SafeHandles;

namespace Isolation.Sdk.Platform;

internal sealed class LinuxChildProcess : ChildProcess
{
    private readonly ProcessTree _tree;
    private readonly LimitWatchdog _watchdog;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _over = new();
    private readonly SemaphoreSlim _ending = new(1, 1);
    private readonly TreeBoundStream[] _streams;
    private bool _reaped;

    public LinuxChildProcess(
        int id,
        Task<int> exited,
        ProcessTree tree,
        SafePipeHandle output,
        SafePipeHandle? error,
        LimitWatchdog watchdog,
        TimeProvider time
    )
    {
        (Id, Exited, _tree, _watchdog, _time) = (id, exited, tree, watchdog, time);
        TreeBoundStream merged = new(output, _over.Token);
        TreeBoundStream? separate = error is null ? null : new TreeBoundStream(error, _over.Token);
        _streams = separate is null ? [merged] : [merged, separate];
        (Output, Error) = (merged, (Stream?)separate ?? Stream.Null);
        Exit = watchdog.WatchAsync(this);
    }

    public override int Id { get; }

    public override string Mechanism => _tree.Mechanism;

    public override bool EndsOutput => true;

    public override Task<(int Code, LimitHit? Limit)> Exit { get; }

    public Task<int> Exited { get; }

    public bool HasWritten() => _streams.Select(s => s.HasWritten()).ToArray().Contains(true);

    public async Task<IReadOnlyList<int>> FindAliveAsync()
    {
        await _ending.WaitAsync().ConfigureAwait(false);
        try
        {
            return _reaped ? [] : [.. _tree.FindAlive().Select(p => p.Id).Skip(_tree.Keepers)];
        }
        finally
        {
            _ending.Release();
        }
    }

    public override async Task<bool> EndAsync(TimeSpan grace)
    {
        await _ending.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_reaped)
            {
                return false;
            }

            bool forced = await _tree.EndAsync(grace).ConfigureAwait(false);
            await Exited.ConfigureAwait(false);
            _tree.Close();
            LinuxProcess.Reap(Id);
            await _watchdog.CloseAsync(_time).ConfigureAwait(false);
            _reaped = true;
            await _over.CancelAsync().ConfigureAwait(false);
            return forced;
        }
        finally
        {
            _ending.Release();
        }
    }
}
