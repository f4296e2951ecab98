namespace Isolation.Sdk.Merging;

/// <summary>Decides how captured work reaches the target.</summary>
public interface IMergeStrategy : IIsolationAxis
{
    /// <summary>Joins the one queue of a target: acts if it gets the queue's lock, submits and watches if
    /// not.</summary>
    /// <param name="target">The repository and the full ref.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    ValueTask<IMergeQueue> OpenAsync(MergeTarget target, CancellationToken cancellationToken = default);

    /// <summary>Finds what keeps work from landing on an existing target, before any work is done: a checkout in the
    /// way, say.</summary>
    /// <param name="target">The repository and the full ref.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <returns>Each problem with its remedy; none when work can land.</returns>
    ValueTask<IReadOnlyList<IsolationFault>> CheckAsync(
        MergeTarget target,
        CancellationToken cancellationToken = default
    ) => ValueTask.FromResult<IReadOnlyList<IsolationFault>>([]);
}

/// <summary>Where work lands.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Ref">The full ref, for example <c>refs/heads/main</c>.</param>
public sealed record MergeTarget(RepositoryRef Repository, string Ref);
