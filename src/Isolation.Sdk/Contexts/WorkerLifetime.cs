namespace Isolation.Sdk.Contexts;

internal sealed class WorkerLifetime(AttemptId attempt)
{
    private volatile bool _ended;

    public AttemptId Attempt { get; } = attempt;

    public void End() => _ended = true;

    public void ThrowIfEnded()
    {
        if (_ended)
        {
            throw new ObjectDisposedException(
                $"worker {Attempt}",
                "The worker has ended. Leave a handoff note or a commit for later workers."
            );
        }
    }
}
