namespace Isolation.Sdk.Merging;

/// <summary>Where work lands.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Ref">The full ref, for example <c>refs/heads/main</c>.</param>
public sealed record MergeTarget(RepositoryRef Repository, string Ref);
