namespace Isolation.Sdk.Contexts;

/// <summary>A worker's conversation: append-only, readable and writable by that worker alone (by its own code, not by its host either), sealed when it ends.</summary>
public sealed class Conversation
{
    private readonly WorkerSeal _seal;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly List<ConversationTurn> _turns = [];

    internal Conversation(WorkerSeal seal, TimeProvider time)
    {
        _seal = seal;
        _time = time;
    }

    /// <summary>How many turns there are.</summary>
    /// <exception cref="IsolationException">ISO0501 after the worker ended, ISO0502 for anyone but the worker.</exception>
    public int Count
    {
        get
        {
            _seal.Demand();
            lock (_gate)
            {
                return _turns.Count;
            }
        }
    }

    /// <summary>Whether nothing was said yet; for the checklist, which looks before the worker lives.</summary>
    internal bool IsUntouched
    {
        get
        {
            lock (_gate)
            {
                return _turns.Count == 0;
            }
        }
    }

    /// <summary>Adds a turn at the end.</summary>
    /// <param name="role">Who speaks: <c>user</c>, <c>assistant</c>, <c>tool</c>.</param>
    /// <param name="text">What is said.</param>
    /// <exception cref="IsolationException">ISO0501 after the worker ended, ISO0502 for anyone but the worker.</exception>
    public void Append(string role, string text)
    {
        _seal.Demand();
        lock (_gate)
        {
            _turns.Add(new ConversationTurn(role, text, _time.GetUtcNow()));
        }
    }

    /// <summary>A copy of all turns so far.</summary>
    /// <exception cref="IsolationException">ISO0501 after the worker ended, ISO0502 for anyone but the worker.</exception>
    public IReadOnlyList<ConversationTurn> Read()
    {
        _seal.Demand();
        lock (_gate)
        {
            return [.. _turns];
        }
    }
}

/// <summary>One turn of a conversation.</summary>
/// <param name="Role">Who spoke.</param>
/// <param name="Text">What was said.</param>
/// <param name="At">When.</param>
public sealed record ConversationTurn(string Role, string Text, DateTimeOffset At);
