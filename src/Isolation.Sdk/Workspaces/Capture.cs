using System.Collections.Frozen;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

/// <summary>What a worker made, pinned: it outlives its workspace.</summary>
/// <param name="Commit">The commit that holds all of it; the base commit when nothing was made.</param>
/// <param name="BaseCommit">
/// The commit its own work starts from: where the attempt started, or what it has brought in from the target since.
/// </param>
/// <param name="Source">The ref it is pinned by, in the repository of the pipeline.</param>
/// <param name="Files">What changed between base and commit.</param>
public sealed record Capture(string Commit, string BaseCommit, string Source, IReadOnlyList<FileChange> Files)
{
    /// <summary>Whether nothing changed: no file differs from the base.</summary>
    public bool IsEmpty => Files.Count == 0;

    /// <summary>
    /// What was found altered that git would have trusted (repository config, the <c>.git</c> pointer). Not empty: the
    /// capture was made without trusting it, and the attempt is quarantined.
    /// </summary>
    public IReadOnlyList<string> Tampering { get; init; } = [];

    /// <summary>Whether the worker left uncommitted changes, which the library committed for it.</summary>
    public bool HadLeftovers { get; init; }

    /// <summary>
    /// What else a worker with a repository of its own had on refs there: each ref's name (<c>stash@{n}</c> for older
    /// stash entries), and the ref under <c>refs/isolation/extra/</c> that pins it. None of it merges.
    /// </summary>
    public IReadOnlyDictionary<string, string> OtherRefs { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Reads what the worker changed as one patch, binary files included; <c>git apply</c> takes it.</summary>
    /// <param name="repository">The repository it is pinned in.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <exception cref="IsolationException">ISO0201: the commits are not in this repository.</exception>
    public async Task<string> ReadPatchAsync(RepositoryRef repository, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(repository);
        return IsEmpty
            ? ""
            : await CommitDiff
                .ReadPatchAsync(
                    await GitOpener.OpenAsync(repository.Path, cancellationToken).ConfigureAwait(false),
                    BaseCommit,
                    Commit,
                    cancellationToken
                )
                .ConfigureAwait(false);
    }
}
