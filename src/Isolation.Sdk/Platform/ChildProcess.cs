namespace Isolation.Sdk.Platform;

/// <summary>A process that runs, with everything it starts.</summary>
internal abstract class ChildProcess
{
    public abstract int Id { get; }

    public Stream Input { get; init; } = Stream.Null;

    public Stream Output { get; init; } = Stream.Null;

    public Stream Error { get; init; } = Stream.Null;

    /// <summary>How the whole tree is ended.</summary>
    public abstract string Mechanism { get; }

    /// <summary>Whether the output ends when the tree has ended, even if something that got away holds the pipe.</summary>
    public abstract bool EndsOutput { get; }

    /// <summary>Completes with the exit code, and the limit that ended it.</summary>
    public abstract Task<(int Code, LimitHit? Limit)> Exit { get; }

    /// <summary>Ends the whole tree.</summary>
    /// <returns>Whether it took force.</returns>
    public abstract Task<bool> EndAsync(TimeSpan grace);
}
