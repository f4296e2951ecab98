namespace Isolation.Sdk;

/// <summary>
/// What the four axes have in common: they can say what they seal on this machine, for this repository.
/// </summary>
public interface IIsolationAxis
{
    /// <summary>
    /// Looks at the machine and the repository, changes neither, and says what is sealed, what is detected and what is
    /// missing.
    /// </summary>
    ValueTask<ProbeResult> ProbeAsync(RepositoryRef repository, CancellationToken cancellationToken = default);
}
