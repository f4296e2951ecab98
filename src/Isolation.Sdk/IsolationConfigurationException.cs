namespace Isolation.Sdk;

/// <summary>Every fault of a composition at once, so that it is mended in one go.</summary>
public sealed class IsolationConfigurationException : IsolationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="faults">All faults found; at least one.</param>
    public IsolationConfigurationException(IReadOnlyList<IsolationFault> faults)
        : base(
            faults[0].Code,
            string.Join(
                Environment.NewLine,
                faults.Select(f => faults.Count == 1 ? f.Message : $"{f.Code}: {f.Message} {f.Remedy}")
            ),
            faults.Count == 1 ? faults[0].Remedy : ""
        )
    {
        Faults = faults;
    }

    /// <summary>All faults, in the order in which they were found.</summary>
    public IReadOnlyList<IsolationFault> Faults { get; }
}
