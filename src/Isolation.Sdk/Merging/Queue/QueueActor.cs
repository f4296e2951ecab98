using Isolation.Sdk.Monitoring;

namespace Isolation.Sdk.Merging;

/// <summary>The one writer of a queue. Each tick reads what the refs say, takes in what the gates said, plans, and does one thing; so it never matters what it did before.</summary>
internal sealed class QueueActor : IAsyncDisposable
{
    private readonly QueueContext _context;
    private readonly QueueStore _store;
    private readonly QueueMonitor _view;
    private readonly AsyncSignal _wake;
    private readonly QueueMaintenance _care;
    private readonly QueueLanding _landing;
    private readonly GateScheduler _board;
    private readonly GateRuns _runs;
    private readonly BatchSizeModel _model = new();
    private readonly FailureConfirmation _suspects;
    private CandidateStack _chain;
    private CandidateStack _beyond;
    private int _stumbles;

    public QueueActor(
        QueueContext context,
        QueueStore store,
        QueueMonitor view,
        StatusBroadcaster hub,
        QueueChangeFile bell,
        AsyncSignal wake
    )
    {
        (_context, _store, _view, _wake) = (context, store, view, wake);
        CandidateBuilder stacker = new(context, view);
        _care = new QueueMaintenance(context, store, view, bell);
        _board = new GateScheduler(context);
        _runs = new GateRuns(context, _board);
        (_chain, _beyond) = (new CandidateStack(context, stacker), new CandidateStack(context, stacker));
        _landing = new QueueLanding(context, view, hub, bell, _runs, _care);
        _suspects = new FailureConfirmation(context, _runs, _care);
    }

    /// <summary>What may have happened while nobody acted.</summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        _context.OnStep(QueueStep.AfterTakeover);
        _store.StartSequenceAfter(_view.State);
        _view.SetActivity(null);

        // What still runs is ended before anything lands that somebody may have waited for: after that the queue may be closed at any time.
        await _board.RecoverAsync(cancellationToken).ConfigureAwait(false);
        await _landing.RecoverAsync(cancellationToken).ConfigureAwait(false);
        foreach ((TimeSpan elapsed, int concurrent) in _board.Passes)
        {
            _model.RecordPass(elapsed, concurrent);
        }
    }

    /// <summary>Works until nothing is left that can go on.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        bool again = true;
        while (again && _view.State.Target is not null)
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
                            new ItemHold(
                                MergeHoldReason.Infra,
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
        _view.SetActivity(null);
        await _board.DisposeAsync().ConfigureAwait(false);
    }

    /// <returns>Whether there is more to do.</returns>
    private async Task<bool> TickAsync(CancellationToken cancellationToken)
    {
        await _care.ReconcileAsync(cancellationToken).ConfigureAwait(false);
        await _runs.CollectAsync(Learn).ConfigureAwait(false);
        if (await _landing.FindObstacleAsync(cancellationToken).ConfigureAwait(false) is { } obstacle)
        {
            _runs.Stop(_ => true);
            return await WaitAsync(obstacle, cancellationToken).ConfigureAwait(false);
        }

        List<QueueItem> line = _view.Line();
        MergeTelemetry.QueueLength(_context.Names.ShortTarget, line.Count);
        MergePolicy policy = _context.Policy;
        BatchSettings settings = _model.Settings(
            policy.MaxConcurrency,
            policy.BatchSize,
            BatchSizeModel.MaxBatchSize,
            policy.Options.TestEveryCommit,
            line.Count
        );

        // As far as the free slots can use it now; further on only while none is free, so that no slot waits for what comes after.
        int free = settings.MaxConcurrency - _runs.Count;
        int longest = Tested(_chain) + ((free > 0 ? free : settings.MaxConcurrency) * settings.BatchSize);
        if (
            await _chain
                .UpdateAsync(
                    _view.State,
                    line,
                    policy.NeedsGate ? longest : 1,
                    settings.BatchSize,
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
        HashSet<string> trees = [.. _chain.Links.Concat(_beyond.Links).Select(l => l.Tree), _view.State.TargetTree!];
        _runs.Stop(r => !trees.Contains(r.Tree));
        _runs.Forget(trees.Contains);
        BatchPlan plan = PrefixBisection.Plan(StateOf(_chain, settings));
        if (plan.Land > 0)
        {
            return await _landing.LandAsync(_chain, plan.Land, _model, cancellationToken).ConfigureAwait(false);
        }

        _runs.Stop(r => plan.Stop.Any(p => _chain.Links[p - 1].Tree == r.Tree));
        if (plan.ConfirmFirst)
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
    private async Task<bool> JudgeAsync(BatchSettings settings, CancellationToken cancellationToken)
    {
        QueueItem suspect = _chain.Links[0].Item;
        if (
            await _suspects
                .ConfirmAsync(_chain.Links[0], _view.State, settings.MaxConcurrency, _model, cancellationToken)
                .ConfigureAwait(false)
        )
        {
            (_chain, _beyond) = (_beyond, _chain);
            _beyond.Clear();
            return true;
        }

        int free = settings.MaxConcurrency - _runs.Count;
        if (free <= 0)
        {
            return false;
        }

        if (
            await _beyond
                .UpdateAsync(
                    _view.State,
                    _view.Line(without: suspect.Attempt),
                    Tested(_beyond) + (free * settings.BatchSize),
                    settings.BatchSize,
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
        int green = PrefixBisection.Plan(StateOf(_beyond, settings)).Land;
        Start(
            _beyond,
            PrefixBisection.Plan(StateOf(_beyond, settings, green)).Start.Select(cut => cut + green),
            cancellationToken
        );
        return false;
    }

    private void Start(CandidateStack chain, IEnumerable<int> cuts, CancellationToken cancellationToken)
    {
        foreach (int cut in cuts)
        {
            Candidate tip = chain.Links[cut - 1];
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
        _view.SetActivity(
            new QueueActivity
            {
                Running = _runs.Now,
                Provisional = _chain.Provisional,
                Obstacle = obstacle,
                MaxConcurrency = _context.Policy.MaxConcurrency,
            }
        );
        if (_runs.Count == 0)
        {
            return false;
        }

        await _wake.WaitAsync(QueueContext.PollInterval, _runs.Tasks, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return true;
    }

    private BatchState StateOf(CandidateStack chain, BatchSettings settings, int after = 0)
    {
        Candidate[] links = [.. chain.Links.Skip(after)];
        HashSet<int> running = [.. Positions(links, l => _runs.IsRunning(l.Tree))];
        return new BatchState(links.Length, settings)
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
    private int InGate(CandidateStack chain) => Positions(chain.Links, l => _runs.IsRunning(l.Tree)).LastOrDefault();

    /// <summary>How many of its links are in a candidate that runs or is green: what free slots are for comes after.</summary>
    private int Tested(CandidateStack chain) =>
        Positions(chain.Links, l => _runs.IsRunning(l.Tree) || _runs.IsGreen(l.Tree)).LastOrDefault();

    private static IEnumerable<int> Positions(IReadOnlyList<Candidate> links, Func<Candidate, bool> holds) =>
        Enumerable.Range(1, links.Count).Where(i => holds(links[i - 1]));

    private bool IsUntested(Candidate link) => !link.Item.NeedsGate && !_context.Policy.NeedsGate;

    private void Learn(TimeSpan elapsed, int running, GateVerdict verdict)
    {
        if (verdict == GateVerdict.Pass)
        {
            _model.RecordPass(elapsed, running);
        }
    }
}
