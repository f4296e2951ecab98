using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging.Landing;

/// <summary>A commit to put an item on.</summary>
internal readonly record struct Place(string Commit, string Tree);

/// <summary>One commit of an item, to be made anew with another tree.</summary>
internal sealed record Pick(string Tree, string AuthorName, string AuthorEmail, string AuthorDate, string Message);

/// <summary>What an item and a commit together are; nothing is written but trees.</summary>
internal abstract record Merged
{
    private Merged() { }

    /// <summary>They go together.</summary>
    public sealed record Fits(string Tree) : Merged
    {
        /// <summary>What a rebase replays, oldest first.</summary>
        public IReadOnlyList<Pick> Picks { get; init; } = [];

        /// <summary>The commits a fast-forward adds, oldest first.</summary>
        public IReadOnlyList<string> Commits { get; init; } = [];
    }

    /// <summary>The item changes nothing.</summary>
    public sealed record Nothing : Merged;

    /// <summary>Files collide.</summary>
    public sealed record Collides(MergeTreeOutput Output) : Merged;

    /// <summary>They have no commit in common.</summary>
    public sealed record Unrelated : Merged;

    /// <summary>The files may go together; the histories do not in this mode.</summary>
    /// <param name="Reason">Why, and what to do.</param>
    /// <param name="Line">The item's commits that are not in the place, as far as they matter.</param>
    public sealed record Apart(string Reason, IReadOnlyList<string> Line) : Merged
    {
        /// <summary>Whether no other place would help.</summary>
        public bool Forbidden { get; init; }
    }

    /// <summary>Git could not say.</summary>
    public sealed record Broken(string Reason) : Merged;

    /// <summary>What a merge of git's means for a place that has this tree.</summary>
    public static Merged Of(MergeOutcome outcome, string tree) =>
        outcome switch
        {
            MergeOutcome.Clean clean => clean.Tree == tree ? new Nothing() : new Fits(clean.Tree),
            MergeOutcome.Conflict conflict => new Collides(conflict.Output),
            MergeOutcome.Unrelated => new Unrelated(),
            MergeOutcome.Broken broken => new Broken(broken.Reason),
            _ => throw new InvalidOperationException("Unknown outcome."),
        };
}
