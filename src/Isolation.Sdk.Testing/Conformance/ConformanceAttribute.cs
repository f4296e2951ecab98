namespace Isolation.Sdk.Testing;

/// <summary>Marks a public method without parameters that returns a <see cref="Task"/> as a check of its suite. A
/// derived suite may add its own.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ConformanceAttribute : Attribute
{
    /// <summary>The guarantees it proves: it is run for an axis that declares them sealed. <value>None: it belongs to
    /// the contract, and is run for everyone.</value></summary>
    public IsolationGuarantees Proves { get; set; }
}
