namespace Isolation.Sdk.Tracking;

/// <summary>
/// Wakes everybody who waits for the next change. Take <see cref="Next"/> before you look, and nothing is missed.
/// </summary>
internal sealed class ChangeSignal
{
    private TaskCompletionSource _next = Create();

    public Task Next => Volatile.Read(ref _next).Task;

    public void Set() => Interlocked.Exchange(ref _next, Create()).SetResult();

    private static TaskCompletionSource Create() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
