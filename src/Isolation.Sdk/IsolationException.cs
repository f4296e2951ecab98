namespace Isolation.Sdk;

/// <summary>The one root of every fault of this library. Expected outcomes (a conflict, a red gate, a failed worker) are values, never exceptions.</summary>
public class IsolationException : Exception
{
    /// <summary>Creates a fault.</summary>
    /// <param name="code">The stable code, <c>ISO####</c>, documented in docs/reference/diagnostics.md.</param>
    /// <param name="message">What is wrong, in one sentence.</param>
    /// <param name="remedy">What to do about it, in one sentence.</param>
    /// <param name="inner">The cause, if another exception was it.</param>
    public IsolationException(string code, string message, string remedy, Exception? inner = null)
        : base($"{code}: {message} {remedy}".TrimEnd(), inner)
    {
        Fault = new IsolationFault(code, message, remedy);
    }

    /// <summary>Creates an exception from a fault that was found without throwing.</summary>
    /// <param name="fault">The fault.</param>
    public IsolationException(IsolationFault fault)
        : this(fault.Code, fault.Message, fault.Remedy) { }

    /// <summary>Code, message and remedy, apart.</summary>
    public IsolationFault Fault { get; }

    /// <summary>The stable code, <c>ISO####</c>.</summary>
    public string Code => Fault.Code;

    /// <summary>Where the pipeline was; <see langword="null"/> outside a pipeline.</summary>
    public Stage? Stage { get; init; }

    /// <summary>The attempt concerned; <see langword="null"/> when there was none.</summary>
    public AttemptId? Attempt { get; init; }
}
