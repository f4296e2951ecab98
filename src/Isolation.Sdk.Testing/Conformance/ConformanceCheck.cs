namespace Isolation.Sdk.Testing;

/// <summary>One check of a suite.</summary>
/// <param name="Name">The method's name, a sentence.</param>
/// <param name="Proves">The guarantees it proves; None for a check of the contract.</param>
/// <param name="RunAsync">Runs it. It returns without looking when the axis does not declare what it proves.</param>
public sealed record ConformanceCheck(string Name, IsolationGuarantees Proves, Func<CancellationToken, Task> RunAsync)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}
