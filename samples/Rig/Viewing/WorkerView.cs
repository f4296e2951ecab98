using Isolation.Sdk.Merging;
using Isolation.Sdk.Monitoring;
using Rig.Terminal;

namespace Rig.Viewing;

/// <summary>A worker as its log and lease tell it, together with what the merge queue's refs say of its work.</summary>
internal sealed record WorkerView(WorkerStatus Status, MergeStatus? Merge)
{
    /// <summary>One word: alive, quiet, waiting, suspended or dead while it is open; after that, what became of
    /// it.</summary>
    public string State =>
        this switch
        {
            { Merge.State: MergeState.Landed } => "landed",
            { Status.Liveness: WorkerLiveness.Running } => "alive",
            { Status.Liveness: not (WorkerLiveness.Ended or WorkerLiveness.Waiting) } => Plain.Word(Status.Liveness),
            { Merge: { } status } => Plain.Word(status.State),
            { Status: { Liveness: WorkerLiveness.Ended, Outcome: { } outcome } } => Plain.Word(outcome),
            _ => Plain.Word(Status.Liveness),
        };

    public string Phase => Status.Phase ?? (Status.Stage is { } stage ? Plain.Word(stage) : "");

    /// <summary>The one thing worth knowing beside that.</summary>
    public string Note =>
        this switch
        {
            { Merge: { AwaitsApproval: true } held } =>
                $"approve {Plain.Commit(held.Commit)} for {Short(held.Target!.Ref)}",
            { Merge: { State: MergeState.Landed, LandedCommit: { } commit } landed } =>
                $"{Plain.Commit(commit)} on {Short(landed.Target!.Ref)}",
            { Status.Blockers: { Count: > 0 } blockers } => $"blocked by: {string.Join(", ", blockers)}",
            { Status.Overlaps: { Count: > 0 } overlaps } => string.Join("; ", overlaps.Values),
            { Merge.Reason: { } reason } => reason,
            _ => Status.Text ?? "",
        };

    public static string Short(string target) =>
        target.StartsWith("refs/heads/", StringComparison.Ordinal) ? target["refs/heads/".Length..] : target;
}
