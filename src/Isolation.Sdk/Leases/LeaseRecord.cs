namespace Isolation.Sdk.Leases;

/// <summary>A lease as it is on disk.</summary>
/// <param name="Attempt">The attempt that held it.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Holder">The process that held it.</param>
/// <param name="Notes">What providers noted before they created it.</param>
public sealed record LeaseRecord(
    AttemptId Attempt,
    RepositoryRef Repository,
    LeaseHolder Holder,
    IReadOnlyDictionary<string, string> Notes
);
