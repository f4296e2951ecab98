using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Contexts;

/// <summary>How the attempt before collided with the target, so that the next one can reuse its work.</summary>
/// <param name="Attempt">The attempt before.</param>
/// <param name="Commit">What it made; pinned by <see cref="Ref"/>.</param>
/// <param name="BaseCommit">Where its own work starts.</param>
/// <param name="TargetCommit">The target's commit it collided with.</param>
/// <param name="Files">The files that collided and how, at most 100 of them.</param>
public sealed record PreviousConflict(
    AttemptId Attempt,
    string Commit,
    string BaseCommit,
    string TargetCommit,
    IReadOnlyList<ConflictedFile> Files
)
{
    internal const int MaxNamed = 100;

    /// <summary>Where its work is, in the repository and in every linked worktree of it.</summary>
    public string Ref => AttemptNames.RefName(Attempt);

    /// <summary>The items whose landing touched those files, at most 100; empty when it was somebody outside.</summary>
    public IReadOnlyList<string> With { get; init; } = [];

    /// <summary>How many files more collided than are named.</summary>
    public int MoreFiles { get; init; }
}
