using System.Collections.Frozen;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

/// <summary>What a worker made, pinned. It outlives the workspace.</summary>
/// <param name="Commit">The commit that holds all of it; the base commit if nothing was made.</param>
/// <param name="BaseCommit">
/// The commit its own work starts from: where the attempt started, or what it merged from the target since.
/// </param>
/// <param name="Source">The ref that pins it, in the pipeline's repository.</param>
/// <param name="Files">What changed between base and commit.</param>
public sealed record Capture(string Commit, string BaseCommit, string Source, IReadOnlyList<FileChange> Files)
{
    /// <summary>Whether no file differs from the base.</summary>
    public bool IsEmpty => Files.Count == 0;

    /// <summary>
    /// What was altered that git would have trusted. If there is anything, the capture did not trust it, and the
    /// attempt is quarantined.
    /// </summary>
    public IReadOnlyList<string> Tampering { get; init; } = [];

    /// <summary>Whether the library committed uncommitted changes for the worker.</summary>
    public bool HadLeftovers { get; init; }

    /// <summary>
    /// What else the worker made: each ref, log (<c>reflog/…</c>) or file of its own git directory that names it, and
    /// the ref under <c>refs/isolation/extra/</c> that pins it. None of it merges.
    /// </summary>
    public IReadOnlyDictionary<string, string> OtherRefs { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>
    /// What else was found, and where it is now: ignored files, commits that no branch has, changes inside submodules.
    /// </summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Why it should land only when someone approves it; each says what to do.</summary>
    public IReadOnlyList<string> Holds { get; init; } = [];

    /// <summary>
    /// Why it is not done, whatever the runner says: a merge under way, files unmerged, more left behind than may be.
    /// </summary>
    public IReadOnlyList<IsolationFault> Unfinished { get; init; } = [];

    /// <summary>How many ignored files were kept beside the worker's log.</summary>
    public int IgnoredFiles { get; init; }

    /// <summary>Reads the changes as one patch for <c>git apply</c>, binary files included.</summary>
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
