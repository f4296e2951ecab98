namespace Isolation.Sdk.Merging;

/// <summary>The gates that run now, and what is known of each tree. A tree that passed once is green, however often it failed: it is the gate that is flaky then.</summary>
internal sealed class GateRuns(QueueContext context, GateScheduler board)
{
    private readonly List<Run> _running = [];
    private readonly Dictionary<string, GateResult> _passed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<GateResult>> _failed = new(StringComparer.Ordinal);

    public int Count => _running.Count;

    public IEnumerable<Task> Tasks => _running.Select(r => r.Task);

    /// <summary>What watchers may know, the shortest candidate first.</summary>
    public IReadOnlyList<QueueCandidate> Now =>
        [.. _running.Where(r => !r.Stop.IsCancellationRequested).Select(r => r.Gate).OrderBy(g => g.Attempts.Count)];

    public bool IsGreen(string tree) => _passed.ContainsKey(tree) || board.HasPassed(tree);

    /// <summary>How a green tree became so; <see langword="null"/> when it was tested in an earlier life of the queue.</summary>
    public GateResult? PassOf(string tree) => _passed.GetValueOrDefault(tree);

    /// <summary>The failures of a tree that never passed, oldest first.</summary>
    public IReadOnlyList<GateResult> RedsOf(string tree) => IsGreen(tree) ? [] : _failed.GetValueOrDefault(tree) ?? [];

    public bool IsRunning(string tree) => _running.Exists(r => r.Gate.Tree == tree);

    /// <summary>Whether it is being tested once more after a failure.</summary>
    public bool IsConfirming(string tree) => _running.Exists(r => r.Gate.Tree == tree && r.Gate.IsRetry);

    public void Start(string commit, string tree, IReadOnlyList<AttemptId> items, CancellationToken cancellationToken)
    {
        CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bool confirms = RedsOf(tree).Count > 0;
        QueueCandidate gate = new(commit, tree, items) { Since = context.Time.GetUtcNow(), IsRetry = confirms };
        _running.Add(new Run(gate, stop, board.RunAsync(gate, stop.Token), context.Time.GetTimestamp()));
        context.OnStep(confirms ? QueueStep.MidConfirm : QueueStep.MidGate);
    }

    /// <summary>Asks the runs on these trees to end. Each keeps its slot until everything it started is gone.</summary>
    public void Stop(Func<QueueCandidate, bool> which)
    {
        foreach (Run run in _running.Where(r => which(r.Gate)))
        {
            run.Stop.Cancel();
        }
    }

    /// <summary>Takes in what has ended since.</summary>
    /// <returns>The results that count; a run that was stopped says nothing.</returns>
    public async Task<IReadOnlyList<GateResult>> CollectAsync(CutObserver observer)
    {
        List<GateResult> news = [];
        foreach (Run run in _running.Where(r => r.Task.IsCompleted).ToArray())
        {
            int beside = _running.Count;
            _running.Remove(run);
            using CancellationTokenSource over = run.Stop;
            await ((Task)run.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (run.Task.IsCompletedSuccessfully)
            {
                GateResult result = await run.Task.ConfigureAwait(false);
                Add(result);
                observer(context.Time.GetElapsedTime(run.Started), beside, result.Verdict);
                news.Add(result);
            }
            else if (!over.IsCancellationRequested)
            {
                await run.Task.ConfigureAwait(false);
            }
        }

        return news;
    }

    /// <summary>Forgets failures of trees that are no candidates any more: a failure counts for one search only.</summary>
    public void Forget(Func<string, bool> isWanted)
    {
        foreach (string tree in _failed.Keys.Where(t => !isWanted(t)).ToArray())
        {
            _failed.Remove(tree);
        }
    }

    /// <summary>Ends every run and waits until all of them are gone.</summary>
    public async Task EndAsync()
    {
        Stop(_ => true);
        await Task.WhenAll(Tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _running.ForEach(r => r.Stop.Dispose());
        _running.Clear();
    }

    private void Add(GateResult result)
    {
        if (result.Verdict == GateVerdict.Pass)
        {
            _failed.Remove(result.Tree);
            _passed[result.Tree] = result;
            return;
        }

        if (!_failed.TryGetValue(result.Tree, out List<GateResult>? reds))
        {
            _failed[result.Tree] = reds = [];
        }

        reds.Add(result);
    }

    private sealed record Run(QueueCandidate Gate, CancellationTokenSource Stop, Task<GateResult> Task, long Started);
}

/// <summary>Told of each gate that ended: how long it took, how many ran beside it (itself included), and its verdict.</summary>
internal delegate void CutObserver(TimeSpan elapsed, int running, GateVerdict verdict);
