namespace Isolation.Sdk.Merging;

/// <summary>What the refs and the actor's note mean for each item: the same for who acts, for who watches and for who only passes by.</summary>
/// <param name="snapshot">The refs.</param>
/// <param name="now">What the actor is at.</param>
/// <param name="landed">Whether an attempt is part of the target.</param>
/// <param name="policy">The policy of who reads; <see langword="null"/> for a passer-by, who takes each item by what it was submitted under.</param>
internal sealed class QueueStatusProjection(
    QueueState snapshot,
    QueueActivity now,
    Func<AttemptId, bool> landed,
    MergePolicy? policy
)
{
    private const int LaterAttempts = 16;

    /// <summary>Those that may go on now, in landing order.</summary>
    public List<QueueItem> Line() => QueueOrder.Line(snapshot.Items, i => HeldBy(i) is not null, HasLanded);

    /// <summary>Every item's status, those that may go on first, in landing order: what is in the gate keeps the order in which it was stacked, whoever came before it meanwhile.</summary>
    public IEnumerable<(QueueItem Item, MergeStatus Status)> Statuses()
    {
        int position = 0;
        List<AttemptId> gate = [.. now.Running.OrderBy(r => r.Attempts.Count).SelectMany(r => r.Attempts).Distinct()];
        List<QueueItem> line =
        [
            .. Line().OrderBy(i => gate.IndexOf(i.Attempt) is var place and >= 0 ? place : gate.Count),
        ];
        foreach (QueueItem item in line.Concat(snapshot.Items.Except(line)))
        {
            MergeStatus status = StatusOf(item, line);
            yield return (item, status.State == MergeState.Queued ? status with { Position = ++position } : status);
        }
    }

    public MergeStatus StatusOf(QueueItem item) => StatusOf(item, Line());

    /// <summary>What keeps an item, other than a dependency; <see langword="null"/> when nothing does.</summary>
    public ItemHold? HeldBy(QueueItem item)
    {
        if (item.Hold is not null)
        {
            return item.Hold;
        }

        if ((item.NeedsApproval || policy?.NeedsApproval == true) && item.ApprovedCommit != item.Head)
        {
            string pushed = item.Pushed is null ? "" : $" ({item.Pushed})";
            return new ItemHold(MergeHoldReason.Approval, $"waits until someone approves {item.Head}{pushed}.");
        }

        if (item.NeedsGate && policy is { NeedsGate: false })
        {
            return new ItemHold(
                MergeHoldReason.Policy,
                "it was submitted to be tested, and the queue that acts now has no gate."
            );
        }

        return snapshot.Target is null
            ? new ItemHold(MergeHoldReason.Policy, "the target is gone; it goes on when there is one again.")
            : snapshot.Pause?.Pause.Holds(item);
    }

    private MergeStatus StatusOf(QueueItem item, List<QueueItem> line)
    {
        MergeStatus status = new(item.Attempt, item.State)
        {
            Reason = item.Reason ?? item.Pushed,
            LandedCommit = item.LandedCommit,
            Conflict = item.Conflict,
            Gate = item.Gate,
        };
        if (item.IsTerminal)
        {
            return status;
        }

        ItemHold? hold = HeldBy(item) ?? (line.Exists(l => l.Attempt == item.Attempt) ? null : Waits(item));
        ProvisionalConflict? collides = hold is null
            ? now.Provisional.FirstOrDefault(p => p.Attempt == item.Attempt)
            : null;
        hold ??= collides?.Reason
            ?? (now.Obstacle is { } obstacle ? new ItemHold(MergeHoldReason.Policy, obstacle) : null);
        if (hold is not null)
        {
            return status with
            {
                State = MergeState.Held,
                Hold = hold.Kind,
                Reason = hold.ToString(),
                Conflict = collides?.Conflict,
            };
        }

        QueueCandidate? gate = now.CandidateOf(item.Attempt);
        return gate is null
            ? status
            : status with
            {
                State = MergeState.Testing,
                With = [.. gate.Attempts.Where(i => i != item.Attempt)],
            };
    }

    private ItemHold Waits(QueueItem item)
    {
        AttemptId[] open = [.. item.DependsOn.Where(a => !HasLanded(a))];
        IEnumerable<QueueItem> gone = open.Select(snapshot.Find).OfType<QueueItem>().Where(i => i.IsTerminal);
        string hint = string.Concat(
            gone.Select(i =>
                $" {i.Attempt} was {(i.State == MergeState.Superseded ? "superseded" : "given back")}; a later attempt of it will do."
            )
        );
        return new ItemHold(MergeHoldReason.Dependency, $"waits until {string.Join(", ", open)} has landed.{hint}");
    }

    /// <summary>Whether this attempt, or a later one of the same item, is part of the target.</summary>
    private bool HasLanded(AttemptId attempt) =>
        Enumerable
            .Range(attempt.Number, LaterAttempts)
            .Select(n => attempt with { Number = n })
            .Any(a => landed(a) || snapshot.Find(a)?.State is MergeState.Landed or MergeState.NoChange);
}
