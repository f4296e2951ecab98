namespace Isolation.Sdk;

/// <summary>Every fault of a composition at once.</summary>
public sealed class IsolationConfigurationException : IsolationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="faults">All faults found; at least one.</param>
    /// <param name="inner">The exception that caused one of them.</param>
    public IsolationConfigurationException(IReadOnlyList<IsolationFault> faults, Exception? inner = null)
        : base(faults[0], string.Join(Environment.NewLine, faults), inner) => Faults = faults;

    /// <summary>All faults, in the order in which they were found.</summary>
    public IReadOnlyList<IsolationFault> Faults { get; }
}
