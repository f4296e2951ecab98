using Isolation.Sdk.Git;

namespace Isolation.Sdk.Dispatching;

internal sealed class RunningAttempt(WorkerAssignment assignment, string? branch)
{
    public AttemptId Attempt => assignment.Attempt;

    public WorkItem Item => assignment.Item;

    public string Base => assignment.BaseCommit;

    public string Target => assignment.Target ?? "";

    public string TargetRef => RefNames.OfBranch(Target);

    // The target's commit that it knows of; null if it started from elsewhere and heard of none yet.
    public string? LastNotified { get; set; } = assignment.Item.Base is null ? assignment.BaseCommit : null;

    // What its branch is at now; its base while its branch is in another repository.
    public string Tip(GitRepository repository) =>
        branch is not null && RefReader.Read(repository.CommonDirectory, RefNames.OfBranch(branch)) is { } tip
            ? tip
            : Base;
}
