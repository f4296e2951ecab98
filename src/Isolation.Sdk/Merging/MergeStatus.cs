using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>What a merge queue, or its refs, say of one attempt.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="State">Where it is.</param>
public sealed record MergeStatus(AttemptId Attempt, MergeState State)
{
    /// <summary>The commit of the target that brought it in, or is about to.</summary>
    public string? LandedCommit { get; init; }

    /// <summary>Its place in the queue, 1 for the next; <see langword="null"/> when it does not wait.</summary>
    public int? Position { get; init; }

    /// <summary>Why it is where it is.</summary>
    public string? Reason { get; init; }

    /// <summary>What it waits for, while it is <see cref="MergeState.Held"/>.</summary>
    public MergeHoldReason? Hold { get; init; }

    /// <summary>What is tested together with it, or landed in the same step.</summary>
    public IReadOnlyList<AttemptId> With { get; init; } = [];

    /// <summary>What collided, when it is <see cref="MergeState.Conflicted"/>.</summary>
    public MergeConflict? Conflict { get; init; }

    /// <summary>What the gate said, when there was one.</summary>
    public GateResult? Gate { get; init; }

    /// <summary>Items that landed since its base and touched the same files without a conflict, with those
    /// files.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Coupled { get; init; } = NoneCoupled;

    /// <summary>Items that landed before and whose changes it puts back to what was there before them, in whole files
    /// or in single places, with those files.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Undoes { get; init; } = NoneCoupled;

    /// <summary>The target. From here on, only <see cref="MergeQueueClient"/> fills the properties in.</summary>
    public MergeTarget? Target { get; init; }

    /// <summary>The exact commit that was captured: what an approval has to name.</summary>
    public string? Commit { get; init; }

    /// <summary>The commit it started from; <see langword="null"/> once it has landed.</summary>
    public string? BaseCommit { get; init; }

    /// <summary>In the gate: since when. Landed: when the commit that brought it was made. Otherwise: when it was
    /// submitted.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Its title.</summary>
    public string? Title { get; init; }

    /// <summary>The paths it changes; empty once it has landed, or when they are too many to be stored.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Whether someone has to approve exactly this commit before anything else happens.</summary>
    public bool AwaitsApproval { get; init; }

    /// <summary>Who approved it.</summary>
    public string? ApprovedBy { get; init; }

    /// <summary>Whether nothing more will happen to it.</summary>
    public bool IsTerminal => State >= MergeState.Landed;

    internal static IReadOnlyDictionary<string, IReadOnlyList<string>> NoneCoupled { get; } =
        new Dictionary<string, IReadOnlyList<string>>();

    internal static MergeStatus LandedAs(AttemptId attempt, string commit) =>
        new(attempt, MergeState.Landed) { LandedCommit = commit };

    internal string ToLine()
    {
        string with =
            State is MergeState.Testing or MergeState.Landing or MergeState.Landed && With.Count > 0
                ? $" with {string.Join(", ", With)}"
                : "";
        return Reason is null ? $"{State}{with}" : $"{State}{with}: {Reason}";
    }
}

/// <summary>Why work does not merge, computed once.</summary>
/// <param name="TargetCommit">The target's commit it collided with.</param>
/// <param name="Files">The files.</param>
/// <param name="With">The items whose landing touched those files since the attempt's base; empty when it was somebody
/// outside.</param>
public sealed record MergeConflict(string TargetCommit, IReadOnlyList<ConflictedFile> Files, IReadOnlyList<string> With)
{
    /// <summary>Git's own messages.</summary>
    public IReadOnlyList<string> Messages { get; init; } = [];

    /// <summary>The tree with conflict markers in it, to look at with plain git.</summary>
    public string? PreviewTree { get; init; }
}
