namespace Isolation.Sdk.Platform;

internal abstract class ChildProcess
{
    public abstract int Id { get; }

    public Stream Input { get; init; } = Stream.Null;

    public Stream Output { get; init; } = Stream.Null;

    public Stream Error { get; init; } = Stream.Null;

    public abstract string Mechanism { get; }

    // Even if something that got away holds the pipe.
    public abstract bool EndsOutput { get; }

    public abstract Task<(int Code, LimitHit? Limit)> Exit { get; }

    public abstract Task<bool> EndAsync(TimeSpan grace);
}
