namespace Isolation.Sdk.Merging;

internal sealed record Candidate(QueueItem Item, string Parent, string Commit, string Tree)
{
    // What it adds to the target's first-parent line, oldest first.
    public IReadOnlyList<string> Commits { get; init; } = [Commit];

    public IReadOnlyList<ReplayedCommit> Picks { get; init; } = [];

    public string Name => LandingMessage.Name(Item.Attempt.Item);

    public IReadOnlyList<string> Files { get; init; } = [];

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Coupled { get; init; } = MergeStatus.NoneCoupled;

    // Items that landed before, with the files in which it puts back what was there before them.
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Undoes { get; init; } = MergeStatus.NoneCoupled;

    public string? UndoesReason =>
        Undoes.Count == 0
            ? null
            : "It puts back what was there before others landed: "
                + $"{string.Join("; ", Undoes.Select(u => $"{u.Key} in {string.Join(", ", u.Value)}"))}.";

    public IReadOnlyList<(string One, string Other)> NameClashes { get; init; } = [];

    // What a person should know of it although it can land.
    public string? Notice =>
        (UndoesReason, NameClashes) is (null, []) ? null
        : NameClashes.Count == 0 ? UndoesReason
        : $"{UndoesReason}{(UndoesReason is null ? "" : " ")}macOS and Windows take these names for one: "
            + $"{string.Join("; ", NameClashes.Select(c => $"'{c.One}' and '{c.Other}'"))}.";

    public bool RecordsTestedTree { get; init; }
}

internal abstract record StackingResult
{
    private StackingResult() { }

    public sealed record Stacked(Candidate Candidate) : StackingResult;

    // Whatever happens to those ahead, it does not go on the target.
    public sealed record Final(QueueItem Item) : StackingResult;

    // It does not go on those ahead: decided once they have landed or left.
    public sealed record Conflict(MergeConflict Details, IReadOnlyList<AttemptId> With) : StackingResult;
}
