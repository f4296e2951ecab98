namespace Isolation.Sdk.Testing;

/// <summary>Something leaked. Every test framework shows it as a failure.</summary>
public sealed class LeakException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="leaks">All of it; at least one.</param>
    public LeakException(IReadOnlyList<Leak> leaks)
        : base($"{leaks.Count} leaked:{string.Concat(leaks.Select(l => $"{Environment.NewLine}  {l}"))}") =>
        Leaks = leaks;

    /// <summary>All of it.</summary>
    public IReadOnlyList<Leak> Leaks { get; }
}
