namespace Isolation.Sdk.Testing;

/// <summary>A provider broke its contract or a promise. Every test framework shows it as a failure.</summary>
public sealed class ConformanceException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was promised, and what happened.</param>
    public ConformanceException(string message)
        : base(message) { }

    internal static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new ConformanceException(message);
        }
    }
}
