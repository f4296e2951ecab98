namespace Isolation.Sdk.Merging;

/// <summary>What a landing adds to the target.</summary>
public enum MergeMode
{
    /// <summary>A merge commit with two parents: the worker's own commits become part of the history.</summary>
    Merge,

    /// <summary>One commit with everything the worker made.</summary>
    Squash,
}
