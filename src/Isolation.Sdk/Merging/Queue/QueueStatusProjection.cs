namespace Isolation.Sdk.Merging;

internal sealed class QueueStatusProjection(QueueState state, Func<AttemptId, bool> landed, MergePolicy? policy)
{
    private const int LaterAttempts = 16;
    private List<QueueItem>? _line;
    private HashSet<AttemptId>? _inLine;

    public List<QueueItem> Line => _line ??= state.Line(i => HeldBy(i) is not null, HasLanded);

    // Those that may go on first; what is in the gate keeps the order in which it was stacked.
    public IEnumerable<(QueueItem Item, MergeStatus Status)> Statuses()
    {
        int position = 0;
        Dictionary<AttemptId, int> gate = [];
        foreach (AttemptId attempt in state.Activity.Running.SelectMany(r => r.Attempts))
        {
            gate.TryAdd(attempt, gate.Count);
        }

        IEnumerable<QueueItem> line = Line.OrderBy(i => gate.GetValueOrDefault(i.Attempt, gate.Count));
        foreach (QueueItem item in line.Concat(state.Items.Where(i => !IsInLine(i))))
        {
            MergeStatus status = StatusOf(item);
            yield return (item, status.State == MergeState.Queued ? status with { Position = ++position } : status);
        }
    }

    public MergeStatus StatusOf(QueueItem item)
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

        ItemHold? hold = HeldBy(item) ?? (IsInLine(item) ? null : Waits(item));
        ProvisionalConflict? collides = hold is null
            ? state.Activity.Provisional.FirstOrDefault(p => p.Attempt == item.Attempt)
            : null;
        hold ??= collides?.Reason
            ?? (state.Activity.Obstacle is { } obstacle ? new ItemHold(MergeHoldReason.Policy, obstacle) : null);
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

        return state.Activity.CandidateOf(item.Attempt) is { } candidate
            ? status with
            {
                State = MergeState.Testing,
                With = [.. candidate.Attempts.Where(i => i != item.Attempt)],
            }
            : status;
    }

    private ItemHold? HeldBy(QueueItem item)
    {
        if (item.Hold is not null)
        {
            return item.Hold;
        }

        if (
            item is { Pushed: null, PushFailure: { } failure }
            && (policy is null || policy.Options.PushBranchesTo is not null)
        )
        {
            return new ItemHold(MergeHoldReason.Infra, failure);
        }

        if ((item.NeedsApproval || policy?.NeedsApproval == true) && item.ApprovedCommit != item.Head)
        {
            string pushed = item.Pushed is null ? "" : $" ({item.Pushed})";
            return new ItemHold(MergeHoldReason.Approval, $"waits until someone approves {item.Head}{pushed}.");
        }

        return item.NeedsGate && policy is { NeedsGate: false }
                ? new ItemHold(
                    MergeHoldReason.Policy,
                    "it was submitted to be tested, and the queue that acts now has no gate."
                )
            : state.Target is null
                ? new ItemHold(MergeHoldReason.Policy, "the target is gone; it goes on when there is one again.")
            : state.Pause?.Pause.Holds(item);
    }

    private ItemHold Waits(QueueItem item)
    {
        AttemptId[] open = [.. item.DependsOn.Where(a => !HasLanded(a))];
        IEnumerable<QueueItem> gone = open.Select(state.Find).OfType<QueueItem>().Where(i => i.IsTerminal);
        string hint = string.Concat(
            gone.Select(i =>
                $" {i.Attempt} was {(i.State == MergeState.Superseded ? "superseded" : "given back")}; a "
                + $"later attempt of it will do."
            )
        );
        return new ItemHold(MergeHoldReason.Dependency, $"waits until {string.Join(", ", open)} has landed.{hint}");
    }

    private bool IsInLine(QueueItem item) => (_inLine ??= [.. Line.Select(i => i.Attempt)]).Contains(item.Attempt);

    private bool HasLanded(AttemptId attempt) =>
        Enumerable
            .Range(attempt.Number, LaterAttempts)
            .Select(n => attempt with { Number = n })
            .Any(a => landed(a) || state.Find(a)?.State is MergeState.Landed or MergeState.NoChange);
}
