using Isolation.Sdk.Git;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Attempts;

/// <summary>An attempt whose runner runs in this process.</summary>
internal sealed class RunningAttempt(AttemptId attempt, WorkItem item, WorkspaceInfo workspace)
{
    public AttemptId Attempt => attempt;

    public WorkItem Item => item;

    /// <summary>The commit it started from.</summary>
    public string Base => workspace.BaseCommit;

    /// <summary>The target's commit it knows of; <see langword="null"/> when it started from something else and was told nothing yet.</summary>
    public string? LastNotified { get; set; } = item.Base is null ? workspace.BaseCommit : null;

    /// <summary>What its branch is at now.</summary>
    public string Tip(GitRepository repository) =>
        workspace.Branch is { } branch && RefReader.Read(repository.CommonDirectory, $"refs/heads/{branch}") is { } tip
            ? tip
            : workspace.BaseCommit;
}
