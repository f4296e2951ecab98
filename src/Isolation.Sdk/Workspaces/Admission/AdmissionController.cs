namespace Isolation.Sdk.Workspaces;

// Sixteen at once do not all count on the same free gigabyte: what is being made counts with the size that the last
// ones had.
internal sealed class AdmissionController(
    WorkspaceOptions options,
    TimeProvider time,
    string folder,
    Func<string, FreeSpace> measure
)
{
    // What is removed is deleted in the background: the room comes a while after a release says so.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = NewSignal();
    private long _size;
    private int _making;
    private int _made;
    private long? _before;

    public string? FindShortage() => measure(folder).FindShortage(options, 0);

    public async Task AdmitAsync(WorkspaceRequest request, CancellationToken cancellationToken)
    {
        long begun = time.GetTimestamp();
        for (bool told = false; ; told = true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Before the measurement: what is given back after it is not missed.
            Task changed = Volatile.Read(ref _changed).Task;
            if (TryAdmit() is not { } shortage)
            {
                return;
            }

            TimeSpan left = options.MaxWaitForSpace!.Value - time.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
            {
                throw new IsolationException(
                    WorkspaceCodes.NoFreeSpace,
                    $"There is no room for another workspace in '{folder}', and there was none for "
                        + $"{options.MaxWaitForSpace}: {shortage}.",
                    "Free some, run fewer workers at once, or ask for less or wait longer with "
                        + "WorkspaceOptions.MaxWaitForSpace."
                )
                {
                    Attempt = request.Lease.Attempt,
                    Stage = Stage.Workspace,
                };
            }

            if (!told)
            {
                request.OnWaiting?.Invoke($"Waits for room: {shortage}.");
            }

            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(changed, Task.Delay(left < Interval ? left : Interval, time, either.Token))
                .ConfigureAwait(false);
            await either.CancelAsync().ConfigureAwait(false);
        }
    }

    public void Complete(bool made)
    {
        lock (_gate)
        {
            _made += made ? 1 : 0;
            if (--_making == 0 && _made > 0 && (_before - measure(folder).Disk) / _made is { } each)
            {
                _size = Math.Max(0, each);
            }
        }

        SignalReleased();
    }

    public void SignalReleased() => Interlocked.Exchange(ref _changed, NewSignal()).SetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private string? TryAdmit()
    {
        lock (_gate)
        {
            FreeSpace space = measure(folder);
            if (space.FindShortage(options, _making * _size) is { } shortage)
            {
                return shortage;
            }

            if (_making++ == 0)
            {
                (_before, _made) = (space.Disk, 0);
            }

            return null;
        }
    }
}
