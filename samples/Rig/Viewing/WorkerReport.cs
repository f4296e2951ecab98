using Isolation.Sdk;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Monitoring;

namespace Rig.Viewing;

/// <summary>A worker as <c>--json</c> writes it: <c>rig.worker/1</c>.</summary>
internal sealed record WorkerReport(
    string Attempt,
    string Item,
    string State,
    WorkerLiveness Liveness,
    Stage? Stage,
    string? Phase,
    DateTimeOffset PhaseSince,
    DateTimeOffset LastActivity
)
{
    public string? Branch { get; init; }

    public IReadOnlyList<string> Blockers { get; init; } = [];

    public IReadOnlyList<string> Overlaps { get; init; } = [];

    public IReadOnlyList<int> ProcessIds { get; init; } = [];

    public ItemOutcome? Outcome { get; init; }

    public long? SetupMs { get; init; }

    public long? Bytes { get; init; }

    public int? Tokens { get; init; }

    public string? Text { get; init; }

    public string? Log { get; init; }

    public MergeReport? Merge { get; init; }

    public static WorkerReport Of(WorkerView view, string? log = null) =>
        new(
            view.Status.Attempt.ToString(),
            view.Status.Item,
            view.State,
            view.Status.Liveness,
            view.Status.Stage,
            view.Status.Phase,
            view.Status.PhaseSince,
            view.Status.LastActivity
        )
        {
            Branch = view.Status.Branch,
            Blockers = view.Status.Blockers,
            Overlaps = [.. view.Status.Overlaps.Values],
            ProcessIds = view.Status.ProcessIds,
            Outcome = view.Status.Outcome,
            SetupMs = view.Status.SetupMilliseconds,
            Bytes = view.Status.Bytes,
            Tokens = view.Status.Tokens,
            Text = view.Status.Text,
            Log = log,
            Merge = view.Merge is { } merge ? MergeReport.Of(merge) : null,
        };
}

/// <summary>Its work in a merge queue, or on its target.</summary>
internal sealed record MergeReport(string Target, MergeState State, string Commit, bool AwaitsApproval)
{
    public string? BaseCommit { get; init; }

    public string? LandedCommit { get; init; }

    public string? ApprovedBy { get; init; }

    public string? Reason { get; init; }

    public IReadOnlyList<string> Files { get; init; } = [];

    public static MergeReport Of(MergeStatus queued) =>
        new(WorkerView.Short(queued.Target!.Ref), queued.State, queued.Commit!, queued.AwaitsApproval)
        {
            BaseCommit = queued.BaseCommit,
            LandedCommit = queued.LandedCommit,
            ApprovedBy = queued.ApprovedBy,
            Reason = queued.Reason,
            Files = queued.Files,
        };
}
