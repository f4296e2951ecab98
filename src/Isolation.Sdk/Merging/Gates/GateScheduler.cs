using System.Diagnostics;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Merging;

internal sealed class GateScheduler(QueueContext context) : IAsyncDisposable
{
    private readonly GateLog _log = new(context.Folder.Gates, context.Names);
    private readonly LeaseStore _leases = new(
        context.Repository.CommonDirectory,
        context.Repository.Reference,
        context.Time
    );
    private readonly Trash _trash = new();
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _free = new(context.Policy.MaxConcurrency, context.Policy.MaxConcurrency);
    private readonly SemaphoreSlim _opening = new(1);
    private readonly List<GateWorktree> _worktrees = [];
    private readonly List<GateWorktree> _idle = [];
    private readonly List<Run> _running = [];
    private GateKey? _key;
    private int _number;

    public GateHistory History { get; } = new();

    public int Count => _running.Count;

    public IEnumerable<Task> Tasks => _running.Select(r => r.Result);

    public IReadOnlyList<QueueCandidate> Running =>
        [
            .. _running
                .Where(r => !r.Stop.IsCancellationRequested)
                .Select(r => r.Candidate)
                .OrderBy(c => c.Attempts.Count),
        ];

    private int InUse => context.Policy.MaxConcurrency - _free.CurrentCount;

    private string LeaseItem => "gate:" + context.Names.ShortTarget;

    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        foreach (LeaseRecord record in _leases.List().Where(r => r.Attempt.Item == LeaseItem))
        {
            _number = Math.Max(_number, record.Attempt.Number);
            if (_leases.TryTakeOver(record) is not { } lease)
            {
                continue;
            }

            using (lease)
            {
                IStateScope? left = context.Sandbox is null
                    ? null
                    : await context.Sandbox.ReopenAsync(record, cancellationToken).ConfigureAwait(false);
                if (left is not null)
                {
                    await left.ReleaseAsync(ReleaseMode.Remove, cancellationToken).ConfigureAwait(false);
                }

                lease.Complete();
            }
        }

        foreach (GateWorktree worktree in GateWorktree.FindAll(context, _trash))
        {
            await worktree.RemoveAsync(cancellationToken).ConfigureAwait(false);
        }

        await OpenAsync(cancellationToken).ConfigureAwait(false);
    }

    public bool IsRunning(string tree) => _running.Exists(r => r.Candidate.Tree == tree);

    public void Start(
        string commit,
        string tree,
        IReadOnlyList<AttemptId> attempts,
        CancellationToken cancellationToken
    )
    {
        CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        QueueCandidate candidate = new(commit, tree, attempts)
        {
            Since = context.Time.GetUtcNow(),
            IsRetry = History.FailuresOf(tree).Count > 0,
        };
        _running.Add(new Run(candidate, stop, RunAsync(candidate, stop.Token), context.Time.GetTimestamp()));
        context.Faults.OnStep(candidate.IsRetry ? QueueStep.MidConfirm : QueueStep.MidGate);
    }

    public void Stop(Func<QueueCandidate, bool> which)
    {
        foreach (Run run in _running.Where(r => which(r.Candidate)))
        {
            run.Stop.Cancel();
        }
    }

    public async Task CollectAsync(BatchSizeModel model)
    {
        foreach (Run run in _running.Where(r => r.Result.IsCompleted).ToArray())
        {
            int beside = _running.Count;
            _running.Remove(run);
            using CancellationTokenSource stop = run.Stop;
            await ((Task)run.Result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (run.Result.IsCompletedSuccessfully)
            {
                GateResult result = await run.Result.ConfigureAwait(false);
                History.Collect(result);
                if (result.Verdict == GateVerdict.Pass)
                {
                    model.RecordPass(context.Time.GetElapsedTime(run.Started), beside);
                }
            }
            else if (!stop.IsCancellationRequested)
            {
                await run.Result.ConfigureAwait(false);
            }
        }
    }

    public async Task<GateResult> RunAsync(QueueCandidate candidate, CancellationToken cancellationToken)
    {
        GateKey key = await OpenAsync(cancellationToken).ConfigureAwait(false);
        if (History.PassOf(candidate.Tree) is { } before)
        {
            return before with { Cached = true };
        }

        if (context.Policy.Gates.Count == 0)
        {
            GateResult nothing = new(GateVerdict.Vacuous, candidate.Tree);
            return Record(key, candidate, nothing, Interlocked.Increment(ref _number), 1);
        }

        GateResult result = await RunOnceAsync(key, candidate, cancellationToken).ConfigureAwait(false);
        return result.Verdict == GateVerdict.Infra
            ? await RunOnceAsync(key, candidate, cancellationToken).ConfigureAwait(false)
            : result;
    }

    public async ValueTask DisposeAsync()
    {
        Stop(_ => true);
        await Task.WhenAll(Tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _running.ForEach(r => r.Stop.Dispose());
        _running.Clear();
        foreach (GateWorktree worktree in _worktrees)
        {
            await worktree.RemoveAsync(CancellationToken.None).ConfigureAwait(false);
        }

        await _trash.DisposeAsync().ConfigureAwait(false);
        _free.Dispose();
        _opening.Dispose();
    }

    private async Task<GateResult> RunOnceAsync(
        GateKey key,
        QueueCandidate candidate,
        CancellationToken cancellationToken
    )
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        GateWorktree worktree = Take();
        using Activity? activity = MergeTelemetry.StartGate(
            context.Names.ShortTarget,
            candidate.Tree,
            candidate.Attempts.Count
        );
        int number = Interlocked.Increment(ref _number);
        int concurrent = InUse;
        GateJob job = new(context, _leases, worktree, candidate, new AttemptId(LeaseItem, number));
        GateResult result;
        try
        {
            TimeSpan limit = History.Limit(context.Policy.Options.GateTimeout);
            result = await job.RunAsync(limit, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                // No candidate gets where something that cannot be ended still works.
                _idle.AddRange(job.LostWorktree ? [] : [worktree]);
            }

            _free.Release();
        }

        return Record(key, candidate, result, number, Math.Max(concurrent, InUse + 1));
    }

    private GateWorktree Take()
    {
        lock (_lock)
        {
            if (_idle.MinBy(w => w.Number) is { } idle)
            {
                _idle.Remove(idle);
                return idle;
            }

            GateWorktree made = new(context, _trash, _worktrees.Count + 1);
            _worktrees.Add(made);
            return made;
        }
    }

    private GateResult Record(GateKey key, QueueCandidate candidate, GateResult result, int number, int concurrent)
    {
        result = result with { Flaky = result.Verdict == GateVerdict.Pass && History.WasRed(candidate.Tree) };
        GateLogLine line = GateLogLine.Of(result, candidate, context.Time.GetUtcNow(), number) with
        {
            Gate = key.Gate,
            Environment = key.Environment,
            Concurrency = concurrent,
        };
        try
        {
            _log.Append(line);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A pass that nobody can look up again is none.
            MergeLog.GateNotRun(context.Logger, candidate.Name, e);
            return result with
            {
                Flaky = false,
                Verdict = result.Verdict == GateVerdict.Pass ? GateVerdict.Infra : result.Verdict,
                Reason = result.Reason ?? e.Message,
            };
        }

        History.Add(line);
        MergeTelemetry.GateEnded(context.Names.ShortTarget, result.Verdict.ToString(), result.Elapsed, result.Flaky);
        MergeLog.GateEnded(context.Logger, result.Verdict, candidate.Name, candidate.Tree);
        if (result.Flaky)
        {
            MergeLog.GateIsFlaky(context.Logger, candidate.Tree);
        }

        return result;
    }

    private async Task<GateKey> OpenAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_key is null)
            {
                GateKey key = GateKey.Of(
                    context,
                    (await context.Repository.RunAsync(cancellationToken, "--version").ConfigureAwait(false)).Line
                );

                // Code of the host may be another one tomorrow, unless it names its version.
                bool reusable = context.Policy.Gates.All(g => g.File is not null || g.Version is not null);
                foreach (GateLogLine line in _log.Read())
                {
                    _number = Math.Max(_number, line.Run);
                    if (line.Gate == key.Gate && line.Environment == key.Environment)
                    {
                        History.Add(line, reusable);
                    }
                }

                _key = key;
            }

            return _key;
        }
        finally
        {
            _opening.Release();
        }
    }

    private sealed record Run(
        QueueCandidate Candidate,
        CancellationTokenSource Stop,
        Task<GateResult> Result,
        long Started
    );
}
