using System.Diagnostics;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Merging;

/// <summary>Tests candidates, several at once, and remembers what passed. Nothing unknown is ever green.</summary>
internal sealed class GateScheduler(QueueContext context) : IAsyncDisposable
{
    private readonly GateSlots _slots = new(context);
    private readonly GateLog _log = new(context.Folder.Gates, context.Names);
    private readonly GateHistory _history = new();
    private readonly LeaseStore _leases = new(
        context.Repository.CommonDirectory,
        context.Repository.Reference,
        context.Time
    );
    private readonly SemaphoreSlim _opening = new(1);
    private GateKey? _key;
    private int _number;

    /// <summary>How runs ended so far.</summary>
    public GateStatistics Counts => _history.Counts;

    /// <summary>The runs that passed, by this gate in this environment: how long each took, and how many ran meanwhile; newest last.</summary>
    public IReadOnlyList<(TimeSpan Elapsed, int Concurrent)> Passes => _history.Times;

    private string LeaseItem => "gate:" + context.Names.ShortTarget;

    /// <summary>Ends and removes what the gates of a killed process left, and reads what they had found out.</summary>
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

        await _slots.RecoverAsync(cancellationToken).ConfigureAwait(false);
        await OpenAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the log has a pass of this tree, by this gate, in this environment.</summary>
    public bool HasPassed(string tree) => _history.HasPassed(tree);

    /// <summary>Tests one candidate, unless its tree has passed before. What could not be tested is tested once more. The line in the log is on the disk before this returns.</summary>
    /// <exception cref="OperationCanceledException">The answer is not needed any more; nothing of the gate is alive.</exception>
    public async Task<GateResult> RunAsync(QueueCandidate run, CancellationToken cancellationToken)
    {
        GateKey key = await OpenAsync(cancellationToken).ConfigureAwait(false);
        if (_history.Reuse(run.Tree) is { } before)
        {
            return before;
        }

        if (context.Policy.Gates.Count == 0)
        {
            return Record(
                key,
                run,
                new GateResult(GateVerdict.Vacuous, run.Tree, TimeSpan.Zero),
                Interlocked.Increment(ref _number),
                1
            );
        }

        GateResult result = await OnceAsync(key, run, cancellationToken).ConfigureAwait(false);
        return result.Verdict == GateVerdict.Infra
            ? await OnceAsync(key, run, cancellationToken).ConfigureAwait(false)
            : result;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _slots.DisposeAsync().ConfigureAwait(false);
        _opening.Dispose();
    }

    private async Task<GateResult> OnceAsync(GateKey key, QueueCandidate run, CancellationToken cancellationToken)
    {
        GateWorktree slot = await _slots.TakeAsync(cancellationToken).ConfigureAwait(false);
        using Activity? activity = MergeTelemetry.StartGate(context.Names.ShortTarget, run.Tree, run.Attempts.Count);
        int number = Interlocked.Increment(ref _number);
        int concurrent = _slots.InUse;
        GateJob runner = new(context, _leases, slot, run, new AttemptId(LeaseItem, number));
        GateResult result;
        try
        {
            result = await runner
                .RunAsync(_history.Limit(context.Policy.Options.GateTimeout), cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            _slots.Return(slot, runner.LostSlot);
        }

        if (result.Verdict == GateVerdict.Pass && result.Elapsed < context.Policy.Options.MinimumGateTime)
        {
            result = result with
            {
                Verdict = GateVerdict.Vacuous,
                Reason =
                    $"It was green after {result.Elapsed}, and takes {context.Policy.Options.MinimumGateTime} when it tests anything.",
            };
        }

        return Record(key, run, result, number, Math.Max(concurrent, _slots.InUse + 1));
    }

    private GateResult Record(GateKey key, QueueCandidate run, GateResult result, int number, int concurrent)
    {
        bool flaky = result.Verdict == GateVerdict.Pass && _history.WasRed(run.Tree);
        GateLogLine line = GateLogLine.Of(result with { Flaky = flaky }, run, context.Time.GetUtcNow(), number) with
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
            GateLogMessages.NotRun(context.Logger, run.Name, e);
            return result with
            {
                Verdict = result.Verdict == GateVerdict.Pass ? GateVerdict.Infra : result.Verdict,
                Reason = result.Reason ?? e.Message,
            };
        }

        _history.Add(line);
        MergeTelemetry.GateEnded(context.Names.ShortTarget, result.Verdict.ToString(), result.Elapsed, flaky);
        GateLogMessages.Said(context.Logger, result.Verdict, run.Name, run.Tree);
        if (flaky)
        {
            GateLogMessages.Flaked(context.Logger, run.Tree);
        }

        return result with
        {
            Flaky = flaky,
        };
    }

    /// <summary>Reads the log once: what passed before need not be tested again.</summary>
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
                bool lasting = GateKey.IsLasting(context.Policy);
                foreach (GateLogLine line in _log.Read())
                {
                    _number = Math.Max(_number, line.Run);
                    if (line.Gate == key.Gate && line.Environment == key.Environment)
                    {
                        _history.Add(line, reusable: lasting);
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
}
