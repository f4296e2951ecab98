namespace Isolation.Sdk.Merging;

/// <summary>One item on top of what is ahead of it: candidates are stacked on each other, so that a prefix that lands
/// leaves the rest valid.</summary>
internal sealed record Candidate(QueueItem Item, string Parent, string Commit, string Tree)
{
    /// <summary>What it adds to the target's first-parent line, oldest first; the last is
    /// <see cref="Commit"/>.</summary>
    public IReadOnlyList<string> Commits { get; init; } = [Commit];

    public IReadOnlyList<ReplayedCommit> Picks { get; init; } = [];

    public string Name => LandingMessage.Name(Item.Attempt.Item);

    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Items below it, landed or ahead, that touched the same files without a conflict.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Coupled { get; init; } = MergeStatus.NoneCoupled;

    public bool RecordsTestedTree { get; init; }
}

/// <summary>What became of putting an item on a stack.</summary>
internal abstract record StackingResult
{
    private StackingResult() { }

    public sealed record Stacked(Candidate Candidate) : StackingResult;

    /// <summary>Whatever happens to those ahead, it does not go on the target: it collides with it, brings nothing, or
    /// git could not say (then it is held).</summary>
    public sealed record Final(QueueItem Item) : StackingResult;

    /// <summary>It would go on the target, but not on those ahead: that is decided once they have landed or
    /// left.</summary>
    public sealed record Conflict(MergeConflict Details, IReadOnlyList<AttemptId> With) : StackingResult;
}
