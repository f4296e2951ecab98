namespace Isolation.Sdk.Contexts;

/// <summary>Knows whether the caller is inside its one worker, and whether that worker still lives. What a worker holds asks it at every call.</summary>
/// <remarks>The mark is an <see cref="AsyncLocal{T}"/> of this instance, set once where the worker's own flow begins and never changed: no state is shared through it, it only says who calls. See docs/decisions/0001-caller-identity.md.</remarks>
internal sealed class WorkerSeal(AttemptId attempt)
{
    private readonly AsyncLocal<bool> _inside = new();
    private volatile bool _begun;
    private volatile bool _ended;

    public AttemptId Attempt { get; } = attempt;

    /// <summary>Marks the current flow as the worker's own. Called once, at the start of a flow that nobody else shares.</summary>
    public void Enter()
    {
        _begun = true;
        _inside.Value = true;
    }

    /// <summary>The worker has ended: everything it held is closed for good.</summary>
    public void Close() => _ended = true;

    /// <summary>Throws unless the worker itself calls, and still lives.</summary>
    public void Demand()
    {
        if (_ended)
        {
            throw new IsolationException(
                ContextCodes.Sealed,
                $"Worker {Attempt} has ended; what it held is sealed.",
                "Leave a handoff note or a commit for later workers."
            )
            {
                Attempt = Attempt,
            };
        }

        if (!_inside.Value)
        {
            throw new IsolationException(
                ContextCodes.NotYours,
                $"This belongs to worker {Attempt}, and someone else called.",
                "Workers speak through commits, handoff notes and item comments only."
            )
            {
                Attempt = Attempt,
            };
        }
    }

    /// <summary>As <see cref="Demand"/>, but open until the worker begins: whoever makes a context or decorates a factory may look at it.</summary>
    public void DemandOnceBegun()
    {
        if (_begun || _ended)
        {
            Demand();
        }
    }
}
