using Isolation.Sdk;
using Isolation.Sdk.Merging;

namespace Rig.Viewing;

/// <summary>A merge queue as <c>--json</c> writes it: <c>rig.queue/1</c>.</summary>
internal sealed record QueueDocument(
    string Target,
    string? Commit,
    bool Acting,
    int? MaxConcurrency,
    QueuePause? Pause,
    string? Obstacle,
    GatesDocument Gates
)
{
    public IReadOnlyList<CandidateDocument> Testing { get; init; } = [];

    public IReadOnlyList<QueuedDocument> Items { get; init; } = [];

    public IReadOnlyList<QueuedDocument> Landed { get; init; } = [];

    public static QueueDocument Of(QueueReport queue) =>
        new(
            WorkerView.Short(queue.Target.Ref),
            queue.Commit,
            queue.IsActing,
            queue.MaxConcurrency,
            queue.Pause,
            queue.Obstacle,
            GatesDocument.Of(queue)
        )
        {
            Testing =
            [
                .. queue.Testing.Select(t => new CandidateDocument(
                    t.Commit,
                    t.Tree,
                    Names(t.Attempts),
                    t.Since,
                    t.IsRetry,
                    t.IsTarget
                )),
            ],
            Items =
            [
                .. queue.Items.Select(
                    (item, i) => Item(item) with { Position = QueueText.IsInLine(item) ? i + 1 : null }
                ),
            ],
            Landed = [.. queue.Landed.Select(Item)],
        };

    private static QueuedDocument Item(MergeStatus item) =>
        new(item.Attempt.ToString(), item.State, item.Commit!)
        {
            Title = item.Title,
            Hold = item.Hold,
            With = Names(item.With),
            Reason = item.Reason,
            Since = item.Since,
            LandedCommit = item.LandedCommit,
        };

    private static string[] Names(IEnumerable<AttemptId> attempts) => [.. attempts.Select(a => a.ToString())];
}

/// <summary>One candidate in the gate; without attempts it is the target itself.</summary>
internal sealed record CandidateDocument(
    string Commit,
    string Tree,
    IReadOnlyList<string> Attempts,
    DateTimeOffset Since,
    bool IsRetry,
    bool IsTarget
);

/// <summary>How runs of the gate ended, as far as its log goes back.</summary>
internal sealed record GatesDocument(
    int Runs,
    int Passes,
    int Failures,
    int Timeouts,
    int Infra,
    int Vacuous,
    int Flakes
)
{
    public static GatesDocument Of(QueueReport queue)
    {
        return new GatesDocument(
            queue.GateResults.Values.Sum(),
            Count(GateVerdict.Pass),
            Count(GateVerdict.Fail),
            Count(GateVerdict.Timeout),
            Count(GateVerdict.Infra),
            Count(GateVerdict.Vacuous),
            queue.FlakyPasses
        );

        int Count(GateVerdict verdict) => queue.GateResults.GetValueOrDefault(verdict);
    }
}

/// <summary>One attempt in the queue, or on its target.</summary>
internal sealed record QueuedDocument(string Attempt, MergeState State, string Commit)
{
    public string? Title { get; init; }

    public int? Position { get; init; }

    public MergeHoldReason? Hold { get; init; }

    public IReadOnlyList<string> With { get; init; } = [];

    public string? Reason { get; init; }

    public DateTimeOffset? Since { get; init; }

    public string? LandedCommit { get; init; }
}
