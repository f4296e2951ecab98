using Isolation.Sdk.Git;

namespace Isolation.Sdk.Attempts;

/// <summary>An attempt whose runner runs, here or on another machine.</summary>
internal sealed class RunningAttempt(AttemptId attempt, WorkItem item, string baseCommit, string? branch)
{
    public AttemptId Attempt => attempt;

    public WorkItem Item => item;

    /// <summary>The commit it started from.</summary>
    public string Base => baseCommit;

    /// <summary>
    /// The target's commit that it knows of; <see langword="null"/> if it started from elsewhere and heard of none yet.
    /// </summary>
    public string? LastNotified { get; set; } = item.Base is null ? baseCommit : null;

    /// <summary>What its branch is at now; its base while its branch is in another repository.</summary>
    public string Tip(GitRepository repository) =>
        branch is not null && RefReader.Read(repository.CommonDirectory, $"refs/heads/{branch}") is { } tip
            ? tip
            : baseCommit;
}
