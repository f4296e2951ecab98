namespace Isolation.Sdk.Merging;

/// <summary>The items that could land next, stacked on the target and on each other: every prefix of it is a candidate.</summary>
internal sealed class CandidateStack(QueueContext context, CandidateBuilder stacker)
{
    private readonly List<Candidate> _links = [];
    private readonly List<ProvisionalConflict> _provisional = [];
    private string? _target;

    public IReadOnlyList<Candidate> Links => _links;

    /// <summary>What is left out because it collides with a link.</summary>
    public IReadOnlyList<ProvisionalConflict> Provisional => _provisional;

    /// <summary>Forgets all of it.</summary>
    public void Clear()
    {
        _links.Clear();
        _provisional.Clear();
    }

    /// <summary>Makes the chain what the refs say it should be; what is in order already stays as it is.</summary>
    /// <param name="snapshot">The refs.</param>
    /// <param name="line">What may go on, in landing order.</param>
    /// <param name="length">How long it shall be.</param>
    /// <param name="step">Every how many links a candidate is cut.</param>
    /// <param name="kept">How many links are in the gate: nobody pushes in before their end.</param>
    /// <param name="cancellationToken">Ends the stacking.</param>
    /// <returns>An item that is at its end, or held, because of what it makes of the target; the chain goes on without it.</returns>
    public async Task<QueueItem?> UpdateAsync(
        QueueState snapshot,
        List<QueueItem> line,
        int length,
        int step,
        int kept,
        CancellationToken cancellationToken
    )
    {
        if (_target != snapshot.Target)
        {
            _target = snapshot.Target;
            _provisional.Clear();
            int known = _links.FindIndex(l => l.Parent == _target);
            _links.RemoveRange(0, known < 0 ? _links.Count : known);
        }

        Refresh(line);
        _provisional.RemoveAll(p =>
            !line.Exists(i => i.Attempt == p.Attempt)
            || (p.With.Count > 0 && !_links.Exists(l => p.With.Contains(l.Item.Attempt)))
        );
        List<QueueItem> wanted = Wanted(line, Math.Min(kept, _links.Count));
        int same = _links
            .Zip(wanted, (link, item) => link.Item.Attempt == item.Attempt)
            .TakeWhile(equal => equal)
            .Count();
        _links.RemoveRange(same, _links.Count - same);
        foreach (QueueItem item in wanted.Skip(same))
        {
            if (_links.Count >= length)
            {
                break;
            }

            bool cut = (_links.Count + 1) % step == 0 || item == wanted[^1];
            switch (
                await stacker
                    .StackAsync(
                        snapshot.Target!,
                        snapshot.TargetTree!,
                        _links,
                        item,
                        cut && (item.NeedsGate || context.Policy.NeedsGate),
                        cancellationToken
                    )
                    .ConfigureAwait(false)
            )
            {
                case StackingResult.Stacked stacked:
                    _links.Add(stacked.Link);
                    context.OnStep(QueueStep.MidStack);
                    break;
                case StackingResult.Conflict collides:
                    _provisional.Add(new ProvisionalConflict(item.Attempt, collides.Details, collides.With));
                    break;
                case StackingResult.Final over:
                    return over.Item;
                default:
                    throw new InvalidOperationException("Unknown outcome.");
            }
        }

        return null;
    }

    /// <summary>Takes the records as they are now; a link whose item left, or is another commit, ends the chain before it.</summary>
    private void Refresh(List<QueueItem> line)
    {
        for (int i = 0; i < _links.Count; i++)
        {
            QueueItem? now = line.Find(l => l.Attempt == _links[i].Item.Attempt && l.Head == _links[i].Item.Head);
            if (now is null)
            {
                _links.RemoveRange(i, _links.Count - i);
                return;
            }

            _links[i] = _links[i] with { Item = now };
        }
    }

    private List<QueueItem> Wanted(List<QueueItem> line, int kept)
    {
        List<QueueItem> wanted = [.. _links.Take(kept).Select(l => l.Item)];
        wanted.AddRange(
            line.Where(i =>
                !wanted.Exists(w => w.Attempt == i.Attempt) && !_provisional.Exists(p => p.Attempt == i.Attempt)
            )
        );
        int alone = wanted.FindIndex(i => i.Exclusive);
        return alone < 0 ? wanted : wanted[..Math.Max(1, alone)];
    }
}
