using Isolation.Sdk.Merging.Cuts;
using Isolation.Sdk.Merging.Gates;
using Isolation.Sdk.Merging.Landing;

namespace Isolation.Sdk.Merging.Queueing;

/// <summary>The one writer of a queue. Each tick reads what the refs say, takes in what the gates said, plans, and does one thing; so it never matters what it did before.</summary>
internal sealed class QueueActor : IAsyncDisposable
{
    private readonly QueueContext _context;
    private readonly QueueStore _store;
    private readonly QueueView _view;
    private readonly QueueWake _wake;
    private readonly QueueCare _care;
    private readonly QueueLanding _landing;
    private readonly GateBoard _board;
    private readonly GateRuns _runs;
    private readonly CutModel _model = new();
    private readonly Suspects _suspects;
    private Chain _chain;
    private Chain _beyond;
    private int _stumbles;

    public QueueActor(
        QueueContext context,
        QueueStore store,
        QueueView view,
        StatusHub hub,
        QueueBell bell,
        QueueWake wake
    )
    {
        (_context, _store, _view, _wake) = (context, store, view, wake);
        Stacker stacker = new(context, view);
        _care = new QueueCare(context, store, view, bell);
        _board = new GateBoard(context);
        _runs = new GateRuns(context, _board);
        (_chain, _beyond) = (new Chain(context, stacker), new Chain(context, stacker));
        _landing = new QueueLanding(context, view, hub, bell, _runs, _care);
        _suspects = new Suspects(context, _runs, _care);
    }

    /// <summary>What may have happened while nobody acted.</summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        _context.Reached(QueueStep.AfterTakeover);
        _store.StartSequenceAfter(_view.Snapshot);
        _view.Doing(null);

        // What still runs is ended before anything lands that somebody may have waited for: after that the queue may be closed at any time.
        await _board.RecoverAsync(cancellationToken).ConfigureAwait(false);
        await _landing.RecoverAsync(cancellationToken).ConfigureAwait(false);
        foreach ((TimeSpan elapsed, int concurrent) in _board.Passes)
        {
            _model.Ran(elapsed, concurrent);
        }
    }

    /// <summary>Works until nothing is left that can go on.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        bool again = true;
        while (again && _view.Snapshot.Target is not null)
        {
            try
            {
                again = await TickAsync(cancellationToken).ConfigureAwait(false);
                _stumbles = 0;
            }
            catch (IsolationException e)
            {
                QueueItem? first = _chain.Links.Count > 0 ? _chain.Links[0].Item : _view.Line().FirstOrDefault();
                MergeLog.ItemFailed(_context.Logger, first?.Attempt ?? default, e);
                await _view.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);

                // Once more: somebody may have held a lock for a moment.
                if (++_stumbles > 1 && first is not null)
                {
                    await _care
                        .HoldAsync(
                            first,
                            new HoldReason(
                                MergeHold.Infra,
                                $"{e.Code}: {e.Message} {e.Fault.Remedy} Approve it again to retry."
                            ),
                            cancellationToken
                        )
                        .ConfigureAwait(false);
                    _stumbles = 0;
                }
            }

            await _view.RefreshAsync(force: false, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _runs.EndAsync().ConfigureAwait(false);
        _view.Doing(null);
        await _board.DisposeAsync().ConfigureAwait(false);
    }

    /// <returns>Whether there is more to do.</returns>
    private async Task<bool> TickAsync(CancellationToken cancellationToken)
    {
        await _care.SettleAsync(cancellationToken).ConfigureAwait(false);
        await _runs.CollectAsync(Learn).ConfigureAwait(false);
        if (await _landing.FindObstacleAsync(cancellationToken).ConfigureAwait(false) is { } obstacle)
        {
            _runs.Stop(_ => true);
            return await WaitAsync(obstacle, cancellationToken).ConfigureAwait(false);
        }

        List<QueueItem> line = _view.Line();
        MergeTelemetry.Waiting(_context.Names.ShortTarget, line.Count);
        MergePolicy policy = _context.Policy;
        CutSettings settings = _model.Settings(
            policy.Slots,
            policy.Step,
            policy.LargestStep,
            policy.EveryCommitGreen,
            line.Count
        );

        // As far as the free slots can use it now; further on only while none is free, so that no slot waits for what comes after.
        int free = settings.Slots - _runs.Count;
        int longest = Tested(_chain) + ((free > 0 ? free : settings.Slots) * settings.Step);
        if (
            await _chain
                .UpdateAsync(
                    _view.Snapshot,
                    line,
                    policy.NeedsGate ? longest : 1,
                    settings.Step,
                    InGate(_chain),
                    cancellationToken
                )
                .ConfigureAwait(false) is
            { } over
        )
        {
            await _care.FinishAsync(over, cancellationToken).ConfigureAwait(false);
            return true;
        }

        // What is no candidate any more has no say, and no use of its slot.
        HashSet<string> trees = [.. _chain.Links.Concat(_beyond.Links).Select(l => l.Tree), _view.Snapshot.TargetTree!];
        _runs.Stop(r => !trees.Contains(r.Tree));
        _runs.Forget(trees.Contains);
        CutPlan plan = PrefixCuts.Plan(StateOf(_chain, settings));
        if (plan.Land > 0)
        {
            return await _landing.LandAsync(_chain, plan.Land, _model, cancellationToken).ConfigureAwait(false);
        }

        _runs.Stop(r => plan.Stop.Any(p => _chain.Links[p - 1].Tree == r.Tree));
        if (plan.Suspect)
        {
            return await JudgeAsync(settings, cancellationToken).ConfigureAwait(false)
                || await WaitAsync(null, cancellationToken).ConfigureAwait(false);
        }

        _beyond.Clear();
        Start(_chain, plan.Start, cancellationToken);
        return await WaitAsync(null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>While the first item is under suspicion, slots that its judgement does not need test what follows as if it were gone: results are by tree, so they hold if it goes, and nothing of them lands before.</summary>
    /// <returns>Whether it was judged.</returns>
    private async Task<bool> JudgeAsync(CutSettings settings, CancellationToken cancellationToken)
    {
        QueueItem suspect = _chain.Links[0].Item;
        if (
            await _suspects
                .JudgeAsync(_chain.Links[0], _view.Snapshot, settings.Slots, _model, cancellationToken)
                .ConfigureAwait(false)
        )
        {
            (_chain, _beyond) = (_beyond, _chain);
            _beyond.Clear();
            return true;
        }

        int free = settings.Slots - _runs.Count;
        if (free <= 0)
        {
            return false;
        }

        if (
            await _beyond
                .UpdateAsync(
                    _view.Snapshot,
                    _view.Line(without: suspect.Attempt),
                    Tested(_beyond) + (free * settings.Step),
                    settings.Step,
                    InGate(_beyond),
                    cancellationToken
                )
                .ConfigureAwait(false) is
            { } over
        )
        {
            await _care.FinishAsync(over, cancellationToken).ConfigureAwait(false);
            return true;
        }

        // What is green there has to wait; what follows it has not.
        int green = PrefixCuts.Plan(StateOf(_beyond, settings)).Land;
        Start(
            _beyond,
            PrefixCuts.Plan(StateOf(_beyond, settings, green)).Start.Select(cut => cut + green),
            cancellationToken
        );
        return false;
    }

    private void Start(Chain chain, IEnumerable<int> cuts, CancellationToken cancellationToken)
    {
        foreach (int cut in cuts)
        {
            Link tip = chain.Links[cut - 1];
            _runs.Start(
                tip.Commit,
                tip.Tree,
                [.. chain.Links.Take(cut).Select(l => l.Item.Attempt)],
                cancellationToken
            );
        }
    }

    /// <summary>Waits for news while a gate runs.</summary>
    /// <returns>false: nothing runs, so there is nothing to wait for here.</returns>
    private async Task<bool> WaitAsync(string? obstacle, CancellationToken cancellationToken)
    {
        _view.Doing(
            new QueueNow
            {
                Running = _runs.Now,
                Provisional = _chain.Provisional,
                Obstacle = obstacle,
                Slots = _context.Policy.Slots,
            }
        );
        if (_runs.Count == 0)
        {
            return false;
        }

        await _wake.WaitAsync(QueueContext.LookInterval, _runs.Tasks, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return true;
    }

    private CutState StateOf(Chain chain, CutSettings settings, int after = 0)
    {
        Link[] links = [.. chain.Links.Skip(after)];
        HashSet<int> running = [.. Positions(links, l => _runs.IsRunning(l.Tree))];
        return new CutState(links.Length, settings)
        {
            // What needs no gate is green as long as nothing below it needs one.
            Green = new HashSet<int>(
                Positions(links, l => _runs.IsGreen(l.Tree))
                    .Concat(Positions([.. links.TakeWhile(IsUntested)], IsUntested))
            ),
            Red = new HashSet<int>(Positions(links, l => _runs.RedsOf(l.Tree).Count > 0)),
            Running = running,
            Busy = _runs.Count - running.Count,
        };
    }

    /// <summary>How many of its links are in a candidate that runs.</summary>
    private int InGate(Chain chain) => Positions(chain.Links, l => _runs.IsRunning(l.Tree)).LastOrDefault();

    /// <summary>How many of its links are in a candidate that runs or is green: what free slots are for comes after.</summary>
    private int Tested(Chain chain) =>
        Positions(chain.Links, l => _runs.IsRunning(l.Tree) || _runs.IsGreen(l.Tree)).LastOrDefault();

    private static IEnumerable<int> Positions(IReadOnlyList<Link> links, Func<Link, bool> holds) =>
        Enumerable.Range(1, links.Count).Where(i => holds(links[i - 1]));

    private bool IsUntested(Link link) => !link.Item.NeedsGate && !_context.Policy.NeedsGate;

    private void Learn(TimeSpan elapsed, int running, GateVerdict verdict)
    {
        if (verdict == GateVerdict.Pass)
        {
            _model.Ran(elapsed, running);
        }
    }
}
