namespace Isolation.Sdk.Contexts;

/// <summary>A worker's conversation. It is append-only, and sealed when the worker ends.</summary>
public sealed class Conversation
{
    private readonly WorkerLifetime _lifetime;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly List<Turn> _turns = [];

    internal Conversation(WorkerLifetime lifetime, TimeProvider time) => (_lifetime, _time) = (lifetime, time);

    /// <summary>The number of turns.</summary>
    /// <exception cref="ObjectDisposedException">The worker has ended.</exception>
    public int Count => Read().Count;

    /// <summary>Adds a turn at the end.</summary>
    /// <param name="role">Who speaks: <c>user</c>, <c>assistant</c>, <c>tool</c>.</param>
    /// <param name="text">What is said.</param>
    /// <exception cref="ObjectDisposedException">The worker has ended.</exception>
    public void Append(string role, string text)
    {
        _lifetime.ThrowIfEnded();
        lock (_gate)
        {
            _turns.Add(new Turn(role, text, _time.GetUtcNow()));
        }
    }

    /// <summary>A copy of all turns so far.</summary>
    /// <exception cref="ObjectDisposedException">The worker has ended.</exception>
    public IReadOnlyList<Turn> Read()
    {
        _lifetime.ThrowIfEnded();
        lock (_gate)
        {
            return [.. _turns];
        }
    }

    /// <summary>One turn of a conversation.</summary>
    /// <param name="Role">Who spoke.</param>
    /// <param name="Text">What was said.</param>
    /// <param name="At">When.</param>
    public sealed record Turn(string Role, string Text, DateTimeOffset At);
}
