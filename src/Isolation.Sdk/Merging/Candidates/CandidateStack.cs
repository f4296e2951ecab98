namespace Isolation.Sdk.Merging;

internal sealed class CandidateStack(QueueContext context, CandidateBuilder builder)
{
    private readonly List<Candidate> _candidates = [];
    private readonly List<ProvisionalConflict> _provisional = [];
    private string? _target;

    public IReadOnlyList<Candidate> Candidates => _candidates;

    public Candidate? First => _candidates.Count > 0 ? _candidates[0] : null;

    public IReadOnlyList<ProvisionalConflict> Provisional => _provisional;

    public void Clear()
    {
        _candidates.Clear();
        _provisional.Clear();
    }

    // An item that is at its end, or held; the stack goes on without it.
    public async Task<QueueItem?> UpdateAsync(
        QueueState state,
        List<QueueItem> line,
        int length,
        int step,
        int kept,
        CancellationToken cancellationToken
    )
    {
        if (_target != state.Target)
        {
            _target = state.Target;
            _provisional.Clear();
            int known = _candidates.FindIndex(c => c.Parent == _target);
            _candidates.RemoveRange(0, known < 0 ? _candidates.Count : known);
        }

        Refresh(line);
        _provisional.RemoveAll(p =>
            !line.Exists(i => i.Attempt == p.Attempt)
            || (p.With.Count > 0 && !_candidates.Exists(c => p.With.Contains(c.Item.Attempt)))
        );
        List<QueueItem> wanted = Wanted(line, Math.Min(kept, _candidates.Count));
        int same = _candidates
            .Zip(wanted, (candidate, item) => candidate.Item.Attempt == item.Attempt)
            .TakeWhile(equal => equal)
            .Count();
        _candidates.RemoveRange(same, _candidates.Count - same);
        foreach (QueueItem item in wanted.Skip(same))
        {
            if (_candidates.Count >= length)
            {
                break;
            }

            bool tested = (_candidates.Count + 1) % step == 0 || item == wanted[^1];
            switch (
                await builder
                    .StackAsync(
                        new MergeBase(state.Target!, state.TargetTree!),
                        _candidates,
                        item,
                        tested && (item.NeedsGate || context.Policy.NeedsGate),
                        cancellationToken
                    )
                    .ConfigureAwait(false)
            )
            {
                case StackingResult.Stacked stacked:
                    _candidates.Add(stacked.Candidate);
                    context.Faults.OnStep(QueueStep.MidStack);
                    break;
                case StackingResult.Conflict conflict:
                    _provisional.Add(new ProvisionalConflict(item.Attempt, conflict.Details, conflict.With));
                    break;
                case StackingResult.Final final:
                    return final.Item;
                default:
                    throw new InvalidOperationException("Unknown outcome.");
            }
        }

        return null;
    }

    // A candidate whose item left, or is another commit, ends the stack before it.
    private void Refresh(List<QueueItem> line)
    {
        for (int i = 0; i < _candidates.Count; i++)
        {
            QueueItem old = _candidates[i].Item;
            if (line.Find(l => l.Attempt == old.Attempt && l.Head == old.Head) is not { } now)
            {
                _candidates.RemoveRange(i, _candidates.Count - i);
                return;
            }

            _candidates[i] = _candidates[i] with { Item = now };
        }
    }

    private List<QueueItem> Wanted(List<QueueItem> line, int kept)
    {
        List<QueueItem> wanted = [.. _candidates.Take(kept).Select(c => c.Item)];
        wanted.AddRange(
            line.Where(i =>
                !wanted.Exists(w => w.Attempt == i.Attempt) && !_provisional.Exists(p => p.Attempt == i.Attempt)
            )
        );
        int exclusive = wanted.FindIndex(i => i.Exclusive);
        return exclusive < 0 ? wanted : wanted[..Math.Max(1, exclusive)];
    }
}
