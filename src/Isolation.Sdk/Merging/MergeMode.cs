namespace Isolation.Sdk.Merging;

/// <summary>What a landing adds to the target.</summary>
public enum MergeMode
{
    /// <summary>A merge commit with two parents: the worker's own commits become part of the history.</summary>
    Merge,

    /// <summary>One commit with everything the worker made.</summary>
    Squash,

    /// <summary>The worker's commits, each made anew on top of the target: no merge commits. Authors, dates and
    /// messages stay, the committer is the queue's.</summary>
    Rebase,

    /// <summary>The worker's own commits as they are, and only if the target is below them: who is not up to date is
    /// given back.</summary>
    FastForward,
}
