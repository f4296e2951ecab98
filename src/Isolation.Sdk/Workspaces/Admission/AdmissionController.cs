namespace Isolation.Sdk.Workspaces;

/// <summary>Who may make a workspace in one folder now. Sixteen at once do not all see the same free gigabyte: what is being made counts with the size that the last ones had.</summary>
internal sealed class AdmissionController(AdmissionOptions options, Func<FreeSpace> look)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _size;
    private int _making;
    private int _made;
    private long? _before;

    /// <summary>Completes when somebody gave something back.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    /// <returns>What is missing; <see langword="null"/> when the caller may go on, and then says so by <see cref="Complete"/>.</returns>
    public string? TryAdmit()
    {
        lock (_gate)
        {
            FreeSpace room = look();
            if (room.FindShortage(options, _making * _size) is { } lacks)
            {
                return lacks;
            }

            if (_making++ == 0)
            {
                (_before, _made) = (room.Disk, 0);
            }

            return null;
        }
    }

    /// <summary>One is made, or is not to be.</summary>
    public void Complete(bool made)
    {
        lock (_gate)
        {
            _made += made ? 1 : 0;
            if (--_making == 0 && _made > 0 && (_before - look().Disk) / _made is { } each)
            {
                // The disk itself says what they took, however they were filled, and it costs one system call.
                _size = Math.Max(0, each);
            }
        }

        SignalReleased();
    }

    /// <summary>Something was given back: whoever waits looks again.</summary>
    public void SignalReleased()
    {
        lock (_gate)
        {
            _changed.SetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
