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

    public sealed record Clean(string Tree) : MergeResult
    {
        public IReadOnlyList<ReplayedCommit> Picks { get; init; } = [];

        public IReadOnlyList<string> Commits { get; init; } = [];
    }

    public sealed record Nothing : MergeResult;

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

    public sealed record Unrelated : MergeResult;

    /// <summary>The files may go together; the histories do not in this mode.</summary>
    public sealed record Incompatible(string Reason, IReadOnlyList<string> Line) : MergeResult
    {
        public bool Forbidden { get; init; }
    }

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
