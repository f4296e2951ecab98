using Isolation.Sdk;
using Isolation.Sdk.Merging;

namespace Rig.Running;

/// <summary>What <c>rig run --json</c> writes: <c>rig.run/1</c>.</summary>
internal sealed record RunReport(
    string Schema,
    string Repository,
    string Target,
    bool Cancelled,
    long ElapsedMs,
    IReadOnlyList<RunReport.ItemReport> Items
)
{
    public static RunReport Of(RunSettings settings, IsolationSummary summary) =>
        new(
            "rig.run/1",
            settings.Repository.Path,
            settings.Target,
            summary.Cancelled,
            (long)summary.Elapsed.TotalMilliseconds,
            [.. summary.Items.Select(ItemReport.Of)]
        );

    public sealed record ItemReport(
        string Id,
        string Title,
        ItemOutcome Outcome,
        string? Reason,
        string? LandedCommit,
        IReadOnlyList<AttemptLine> Attempts
    )
    {
        public ConflictReport? Conflict { get; init; }

        /// <summary>Items that landed meanwhile and touched the same files without a conflict.</summary>
        public IReadOnlyDictionary<string, IReadOnlyList<string>> Coupled { get; init; } =
            new Dictionary<string, IReadOnlyList<string>>();

        public static ItemReport Of(WorkItemResult result) =>
            new(
                result.Item.Id,
                result.Item.Title,
                result.Outcome,
                result.Reason,
                result.Merge?.LandedCommit,
                [.. result.Attempts.Select(AttemptLine.Of)]
            )
            {
                Conflict = result.Merge?.Conflict is { } conflict
                    ? new ConflictReport([.. conflict.Files.Select(f => f.Path)], conflict.With)
                    : null,
                Coupled = result.Merge?.Coupled ?? new Dictionary<string, IReadOnlyList<string>>(),
            };
    }

    public sealed record ConflictReport(IReadOnlyList<string> Files, IReadOnlyList<string> With);

    public sealed record AttemptLine(
        string Attempt,
        string? Commit,
        string? BaseCommit,
        string? Branch,
        IReadOnlyList<string> Files
    )
    {
        public IReadOnlyList<string> Contamination { get; init; } = [];

        public string? KeptWorkspace { get; init; }

        public string? Log { get; init; }

        public AttemptCost? Cost { get; init; }

        public static AttemptLine Of(AttemptReport report) =>
            new(
                report.Attempt.ToString(),
                report.Commit,
                report.BaseCommit,
                report.Branch,
                [.. report.Changes.Select(c => c.Path)]
            )
            {
                Contamination = report.Contamination,
                KeptWorkspace = report.KeptWorkspace,
                Log = report.Log,
                Cost = report.Cost,
            };
    }
}
