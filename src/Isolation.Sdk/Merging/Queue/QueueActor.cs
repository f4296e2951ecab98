using Isolation.Sdk.Monitoring;

namespace Isolation.Sdk.Merging;

/// <summary>
/// Each tick reads what the refs say, takes in what the gates said, plans, and does one thing; so it never matters
/// what it did before.
/// </summary>
internal sealed class QueueActor : IAsyncDisposable
{
    // Enough that a busy machine keeps up, few enough that none waits long.
    private const int UntestedBatch = 8;

    private readonly QueueContext _context;
    private readonly QueueMonitor _monitor;
    private readonly QueueMaintenance _maintenance;
    private readonly LandingService _landing;
    private readonly GateScheduler _gates;
    private readonly BatchSizeModel _model = new();
    private CandidateStack _stack;
    private CandidateStack _beyond;
    private int _failures;

    public QueueActor(QueueContext context, QueueMaintenance maintenance, QueueMonitor monitor)
    {
        (_context, _maintenance, _monitor) = (context, maintenance, monitor);
        CandidateBuilder builder = new(context, monitor.History);
        (_stack, _beyond) = (new CandidateStack(context, builder), new CandidateStack(context, builder));
        _gates = new GateScheduler(context);
        _landing = new LandingService(context, monitor.History);
    }

    private int FreeSlots(BatchSettings settings) => settings.MaxConcurrency - _gates.Count;

    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        _context.Faults.OnStep(QueueStep.AfterTakeover);
        _maintenance.StartSequence();
        _monitor.SetActivity(null);

        await _gates.RecoverAsync(cancellationToken).ConfigureAwait(false);
        if (_monitor.State.Target is { } target)
        {
            if (await _landing.RecoverAsync(target, cancellationToken).ConfigureAwait(false))
            {
                await _monitor.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);
            }

            if (_monitor.State.Open.Any())
            {
                await _monitor
                    .History.BetweenAsync(null, _monitor.State.Target ?? target, cancellationToken)
                    .ConfigureAwait(false);
                _monitor.Publish();
            }

            await _landing
                .UpdateCheckoutsAsync(_monitor.State.Target ?? target, cancellationToken)
                .ConfigureAwait(false);
        }

        foreach ((TimeSpan elapsed, int concurrent) in _gates.History.Times)
        {
            _model.RecordPass(elapsed, concurrent);
        }
    }

    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        bool again = true;
        while (again && _monitor.State.Target is not null)
        {
            try
            {
                again = await TickAsync(cancellationToken).ConfigureAwait(false);
                _failures = 0;
            }
            catch (IsolationException e)
            {
                QueueItem? first = _stack.First?.Item ?? _monitor.Line().FirstOrDefault();
                MergeLog.ItemFailed(_context.Logger, first?.Attempt ?? default, e);
                await _monitor.RefreshAsync(force: true, cancellationToken).ConfigureAwait(false);

                if (++_failures > 1 && first is not null)
                {
                    await _maintenance
                        .HoldAsync(first, $"{e.Code}: {e.Message} {e.Fault.Remedy}", cancellationToken)
                        .ConfigureAwait(false);
                    _failures = 0;
                }
            }

            await _monitor.RefreshAsync(force: false, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gates.DisposeAsync().ConfigureAwait(false);
        _monitor.SetActivity(null);
    }

    private async Task<bool> TickAsync(CancellationToken cancellationToken)
    {
        await _maintenance.ReconcileAsync(cancellationToken).ConfigureAwait(false);
        await _gates.CollectAsync(_model).ConfigureAwait(false);
        List<QueueItem> line = _monitor.Line();
        if (line.Count > 0 && await _landing.FindObstacleAsync(cancellationToken).ConfigureAwait(false) is { } obstacle)
        {
            _gates.Stop(_ => true);
            return await WaitAsync(obstacle, cancellationToken).ConfigureAwait(false);
        }

        MergeTelemetry.QueueLength(_context.Names.ShortTarget, line.Count);
        MergePolicy policy = _context.Policy;
        BatchSettings settings = _model.Settings(
            policy.MaxConcurrency,
            policy.BatchSize,
            BatchSizeModel.MaxBatchSize,
            policy.Options.TestEveryCommit,
            line.Count
        );

        // Further on only while none is free, so that no slot waits for what comes after.
        int free = FreeSlots(settings);
        int longest = Tested(_stack) + ((free > 0 ? free : settings.MaxConcurrency) * settings.BatchSize);
        if (
            await StackAsync(_stack, line, policy.NeedsGate ? longest : UntestedBatch, settings, cancellationToken)
                .ConfigureAwait(false)
        )
        {
            return true;
        }

        HashSet<string> trees =
        [
            .. _stack.Candidates.Concat(_beyond.Candidates).Select(c => c.Tree),
            _monitor.State.TargetTree!,
        ];
        _gates.Stop(r => !trees.Contains(r.Tree));
        _gates.History.Forget(trees.Contains);
        BatchPlan plan = PrefixBisection.Plan(StateOf(_stack, settings));
        if (plan.Land > 0)
        {
            return await LandAsync(plan.Land, cancellationToken).ConfigureAwait(false);
        }

        _gates.Stop(r => plan.Stop.Any(p => _stack.Candidates[p - 1].Tree == r.Tree));
        if (plan.ConfirmFirst)
        {
            return await ConfirmAsync(settings, cancellationToken).ConfigureAwait(false)
                || await WaitAsync(null, cancellationToken).ConfigureAwait(false);
        }

        _beyond.Clear();
        Start(_stack, plan.Start, cancellationToken);
        return await WaitAsync(null, cancellationToken).ConfigureAwait(false);
    }

    // Slots that the judgement does not need test what follows as if the suspect were gone: results are by tree, so
    // they hold if it goes, and nothing of them lands before.
    private async Task<bool> ConfirmAsync(BatchSettings settings, CancellationToken cancellationToken)
    {
        Candidate first = _stack.Candidates[0];
        FailureConfirmation confirmation = new(_context, _gates, _monitor.State, first);
        confirmation.StartRuns(FreeSlots(settings), cancellationToken);
        if (confirmation.Decide() is { } verdict)
        {
            await _maintenance.ApplyAsync(first.Item, verdict, cancellationToken).ConfigureAwait(false);
            if (verdict.Pause is not null)
            {
                _gates.History.Forget(_ => false);
            }
            else if (verdict.Item is { IsTerminal: true })
            {
                _model.RecordEvicted();
            }

            (_stack, _beyond) = (_beyond, _stack);
            _beyond.Clear();
            return true;
        }

        int free = FreeSlots(settings);
        if (free <= 0)
        {
            return false;
        }

        List<QueueItem> line = _monitor.Line(without: first.Item.Attempt);
        int length = Tested(_beyond) + (free * settings.BatchSize);
        if (await StackAsync(_beyond, line, length, settings, cancellationToken).ConfigureAwait(false))
        {
            return true;
        }

        int green = PrefixBisection.Plan(StateOf(_beyond, settings)).Land;
        Start(
            _beyond,
            PrefixBisection.Plan(StateOf(_beyond, settings, green)).Start.Select(cut => cut + green),
            cancellationToken
        );
        return false;
    }

    // Whether that brought an item to its end.
    private async Task<bool> StackAsync(
        CandidateStack stack,
        List<QueueItem> line,
        int length,
        BatchSettings settings,
        CancellationToken cancellationToken
    )
    {
        int inGate = Positions(stack.Candidates, c => _gates.IsRunning(c.Tree)).LastOrDefault();
        QueueItem? final = await stack
            .UpdateAsync(_monitor.State, line, length, settings.BatchSize, inGate, cancellationToken)
            .ConfigureAwait(false);
        if (final is not null)
        {
            await _maintenance.FinishAsync(final, cancellationToken).ConfigureAwait(false);
        }

        return final is not null;
    }

    private async Task<bool> LandAsync(int count, CancellationToken cancellationToken)
    {
        Candidate[] candidates = [.. _stack.Candidates.Take(count)];
        GateResult? pass = _gates.History.PassOf(candidates[^1].Tree);
        _maintenance.PublishLanding(MergeState.Landing, candidates, pass);
        LandingResult result = await _landing
            .LandAsync(_monitor.State.Target!, candidates, _gates.History.IsGreen, cancellationToken)
            .ConfigureAwait(false);
        if (result is LandingResult.Landed landed)
        {
            await _landing
                .UpdateCheckoutsAsync(landed.Candidates[^1].Commit, CancellationToken.None)
                .ConfigureAwait(false);
            _maintenance.FinishLanding(landed.Candidates, pass);
            _model.RecordLanded(count);
            _context.Faults.OnStep(QueueStep.AfterBookkeeping);
            return true;
        }

        await _maintenance.ApplyAsync(candidates[0].Item, result, cancellationToken).ConfigureAwait(false);
        await _landing.UpdateCheckoutsAsync(_monitor.State.Target, CancellationToken.None).ConfigureAwait(false);
        return true;
    }

    private void Start(CandidateStack stack, IEnumerable<int> prefixes, CancellationToken cancellationToken)
    {
        foreach (int prefix in prefixes)
        {
            Candidate tip = stack.Candidates[prefix - 1];
            _gates.Start(
                tip.Commit,
                tip.Tree,
                [.. stack.Candidates.Take(prefix).Select(c => c.Item.Attempt)],
                cancellationToken
            );
        }
    }

    private async Task<bool> WaitAsync(string? obstacle, CancellationToken cancellationToken)
    {
        _monitor.SetActivity(
            new QueueActivity
            {
                Running = _gates.Running,
                Provisional = _stack.Provisional,
                Obstacle = obstacle,
                MaxConcurrency = _context.Policy.MaxConcurrency,
            }
        );
        if (_gates.Count == 0)
        {
            return false;
        }

        await _monitor.WaitAsync(QueueContext.PollInterval, _gates.Tasks, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return true;
    }

    private BatchState StateOf(CandidateStack stack, BatchSettings settings, int after = 0)
    {
        Candidate[] candidates = [.. stack.Candidates.Skip(after)];
        HashSet<int> running = [.. Positions(candidates, c => _gates.IsRunning(c.Tree))];
        return new BatchState(candidates.Length, settings)
        {
            // What needs no gate is green as long as nothing below it needs one.
            Green = new HashSet<int>(
                Positions(candidates, c => _gates.History.IsGreen(c.Tree))
                    .Concat(Positions([.. candidates.TakeWhile(IsUntested)], IsUntested))
            ),
            Red = new HashSet<int>(Positions(candidates, c => _gates.History.FailuresOf(c.Tree).Count > 0)),
            Running = running,
            Busy = _gates.Count - running.Count,
        };
    }

    private int Tested(CandidateStack stack) =>
        Positions(stack.Candidates, c => _gates.IsRunning(c.Tree) || _gates.History.IsGreen(c.Tree)).LastOrDefault();

    private static IEnumerable<int> Positions(IReadOnlyList<Candidate> candidates, Func<Candidate, bool> holds) =>
        Enumerable.Range(1, candidates.Count).Where(i => holds(candidates[i - 1]));

    private bool IsUntested(Candidate candidate) => !candidate.Item.NeedsGate && !_context.Policy.NeedsGate;
}
