using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

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
        public IReadOnlyList<string> Paths =>
            [
                .. Output
                    .Files.Select(f => f.Path)
                    .Concat(Output.Messages.Where(m => m.IsConflict).SelectMany(m => m.Paths))
                    .Distinct(),
            ];

        public MergeConflict Describe(string target, IReadOnlyList<string> with) =>
            new(
                target,
                [
                    .. Paths.Select(p => new ConflictedFile(
                        p,
                        [
                            .. Output
                                .Messages.Where(m => m.IsConflict && m.Paths.Contains(p))
                                .Select(m => m.ShortKind)
                                .Distinct(),
                        ]
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

    // The files may go together; the histories do not in this mode.
    public sealed record Incompatible(string Reason, IReadOnlyList<string> Line) : MergeResult
    {
        public bool Forbidden { get; init; }
    }

    public sealed record Failed(string Reason) : MergeResult;
}
