namespace Isolation.Sdk;

/// <summary>
/// The root of every fault of this library. Expected outcomes (a conflict, a red gate, a failed worker) are values,
/// never exceptions.
/// </summary>
public class IsolationException : Exception
{
    /// <summary>Creates a fault.</summary>
    /// <param name="code">The stable code, <c>ISO####</c>, documented in docs/reference/diagnostics.md.</param>
    /// <param name="message">What is wrong, in one sentence.</param>
    /// <param name="remedy">What to do about it, in one sentence.</param>
    /// <param name="inner">The exception that caused it.</param>
    public IsolationException(string code, string message, string remedy, Exception? inner = null)
        : this(new IsolationFault(code, message, remedy), inner) { }

    /// <summary>Creates an exception from a fault.</summary>
    public IsolationException(IsolationFault fault, Exception? inner = null)
        : this(fault, $"{fault}", inner) { }

    private protected IsolationException(IsolationFault fault, string message, Exception? inner)
        : base(message, inner) => Fault = fault;

    /// <summary>Code, message and remedy.</summary>
    public IsolationFault Fault { get; }

    /// <summary>The stable code, <c>ISO####</c>.</summary>
    public string Code => Fault.Code;

    /// <summary>Where the pipeline was; <see langword="null"/> outside a pipeline.</summary>
    public Stage? Stage { get; init; }

    /// <summary>The attempt concerned; <see langword="null"/> when there was none.</summary>
    public AttemptId? Attempt { get; init; }
}
