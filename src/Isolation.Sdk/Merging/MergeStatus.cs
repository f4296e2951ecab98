namespace Isolation.Sdk.Merging;

/// <summary>What a merge queue says of one attempt.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="State">Where it is.</param>
public sealed record MergeStatus(AttemptId Attempt, MergeState State)
{
    /// <summary>The commit of the target that brought it in; while it is <see cref="MergeState.Landing"/>, the one that is about to.</summary>
    public string? LandedCommit { get; init; }

    /// <summary>Its place in the queue, 1 for the next; <see langword="null"/> when it no longer waits.</summary>
    public int? Position { get; init; }

    /// <summary>Why it is where it is.</summary>
    public string? Reason { get; init; }

    /// <summary>What it waits for, while it is <see cref="MergeState.Held"/>.</summary>
    public MergeHoldReason? Hold { get; init; }

    /// <summary>While it is <see cref="MergeState.Testing"/>: what is tested together with it. Landed: what landed in the same step.</summary>
    public IReadOnlyList<AttemptId> With { get; init; } = [];

    /// <summary>What collided, when it is <see cref="MergeState.Conflicted"/>.</summary>
    public MergeConflict? Conflict { get; init; }

    /// <summary>What the gate said, when there was one.</summary>
    public GateResult? Gate { get; init; }

    /// <summary>Items that landed since this one's base and touched the same files without a conflict: look twice.</summary>
    public IReadOnlyList<CoupledItem> Coupled { get; init; } = [];

    /// <summary>Whether nothing more will happen to it.</summary>
    public bool IsTerminal => State >= MergeState.Landed;

    /// <summary>As one line: the state, with whom, and why.</summary>
    internal string ToLine()
    {
        string with =
            State is MergeState.Testing or MergeState.Landing or MergeState.Landed && With.Count > 0
                ? $" with {string.Join(", ", With)}"
                : "";
        return Reason is null ? $"{State}{with}" : $"{State}{with}: {Reason}";
    }
}
