using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>A commit to put an item on.</summary>
internal readonly record struct MergeBase(string Commit, string Tree);

/// <summary>One commit of an item, to be made anew with another tree.</summary>
internal sealed record ReplayedCommit(
    string Tree,
    string AuthorName,
    string AuthorEmail,
    string AuthorDate,
    string Message
);

/// <summary>What an item and a commit together are; nothing is written but trees.</summary>
internal abstract record MergeResult
{
    private MergeResult() { }

    /// <summary>They go together.</summary>
    public sealed record Clean(string Tree) : MergeResult
    {
        /// <summary>What a rebase replays, oldest first.</summary>
        public IReadOnlyList<ReplayedCommit> Picks { get; init; } = [];

        /// <summary>The commits a fast-forward adds, oldest first.</summary>
        public IReadOnlyList<string> Commits { get; init; } = [];
    }

    /// <summary>The item changes nothing.</summary>
    public sealed record Nothing : MergeResult;

    /// <summary>Files collide.</summary>
    public sealed record Conflict(MergeTreeOutput Output) : MergeResult
    {
        /// <summary>Every path that is part of it: conflicts and files are many-to-many.</summary>
        public IReadOnlyList<string> Paths =>
            [
                .. Output
                    .Files.Select(f => f.Path)
                    .Concat(Output.Messages.Where(m => m.IsConflict).SelectMany(m => m.Paths))
                    .Distinct(StringComparer.Ordinal),
            ];

        public MergeConflict Describe(string target, IReadOnlyList<string> with) =>
            new(
                target,
                [
                    .. Paths.Select(p => new ConflictedFile(
                        p,
                        [
                            .. Output
                                .Messages.Where(m => m.IsConflict && m.Paths.Contains(p, StringComparer.Ordinal))
                                .Select(m => m.ShortKind)
                                .Distinct(StringComparer.Ordinal),
                        ],
                        Output.Files.Where(f => f.Path == p).ToDictionary(f => f.Stage, f => $"{f.Mode} {f.ObjectId}")
                    )),
                ],
                with
            )
            {
                Messages = [.. Output.Messages.Select(m => m.Text.TrimEnd('\n'))],
                PreviewTree = Output.Tree,
            };
    }

    /// <summary>They have no commit in common.</summary>
    public sealed record Unrelated : MergeResult;

    /// <summary>The files may go together; the histories do not in this mode.</summary>
    /// <param name="Reason">Why, and what to do.</param>
    /// <param name="Line">The item's commits that are not in the place, as far as they matter.</param>
    public sealed record Incompatible(string Reason, IReadOnlyList<string> Line) : MergeResult
    {
        /// <summary>Whether no other place would help.</summary>
        public bool Forbidden { get; init; }
    }

    /// <summary>Git could not say.</summary>
    public sealed record Failed(string Reason) : MergeResult;

    /// <summary>What a merge of git's means for a place that has this tree.</summary>
    public static MergeResult Of(MergeOutcome outcome, string tree) =>
        outcome switch
        {
            MergeOutcome.Clean clean => clean.Tree == tree ? new Nothing() : new Clean(clean.Tree),
            MergeOutcome.Conflict conflict => new Conflict(conflict.Output),
            MergeOutcome.Unrelated => new Unrelated(),
            MergeOutcome.Broken broken => new Failed(broken.Reason),
            _ => throw new InvalidOperationException("Unknown outcome."),
        };
}
