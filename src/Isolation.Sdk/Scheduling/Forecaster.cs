using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Git;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tracking;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Scheduling;

internal sealed class Forecaster(RunSession session, ILogger logger) : IDisposable
{
    private const int MaxPaths = 200;
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly TrialMerges _trials = new(session.Repository);
    private readonly OverlapNotifier _notifier = new(session.Events, logger);

    private ForecastOptions Options => session.Plan.Forecast;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (Options.Interval != Timeout.InfiniteTimeSpan)
        {
            await Task.Delay(Options.Interval, session.Plan.Time, cancellationToken).ConfigureAwait(false);
            try
            {
                await ScanAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IsolationException or IOException)
            {
                Log.ForecastFailed(logger, e);
            }
        }
    }

    // At most one process for the running, three for the queue, one for attributes and those of the trial merges.
    public async Task<IReadOnlyList<Overlap>> ScanAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            IReadOnlyList<RunningAttempt> running = session.Host.Running;
            if (running.Count == 0)
            {
                return _notifier.Notify(running, []);
            }

            Pair[] pairs = [.. Pairs(await ReadAsync(running, cancellationToken).ConfigureAwait(false), running.Count)];
            await _trials
                .TryAsync(
                    pairs.Where(p => p.Files.Count > 0).Select(p => (p.First.Tip, p.Second.Tip, p.First.Target)),
                    Options.MaxTrialMerges,
                    cancellationToken
                )
                .ConfigureAwait(false);
            return _notifier.Notify(running, [.. pairs.Select(Classify).OfType<Overlap>()]);
        }
        finally
        {
            _one.Release();
        }
    }

    public void OnStarted(RunningAttempt worker)
    {
        if (worker.Item.Paths.Count > 0)
        {
            // Both of two that begin at once see each other: they say it in the same words, as a scan does.
            IReadOnlyList<RunningAttempt> running = session.Host.Running;
            foreach (
                (RunningAttempt first, RunningAttempt second) in running
                    .TakeWhile(f => f != worker)
                    .Select(f => (f, worker))
                    .Concat(running.SkipWhile(f => f != worker).Skip(1).Select(f => (worker, f)))
            )
            {
                if (
                    first.Target == second.Target
                    && DeclaredPaths.Common(first.Item.Paths, second.Item.Paths) is { Count: > 0 } paths
                )
                {
                    _notifier.Notify(
                        first,
                        second,
                        new Overlap(first.Attempt, second.Attempt, OverlapKind.Declared, [.. paths.Take(MaxPaths)])
                    );
                }
            }
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<IReadOnlyList<Side>> ReadAsync(
        IReadOnlyList<RunningAttempt> running,
        CancellationToken cancellationToken
    )
    {
        (RunningAttempt Worker, string Tip)[] tips = [.. running.Select(f => (f, f.Tip(session.Repository)))];
        HashSet<string> targets = new(running.Select(f => f.TargetRef), StringComparer.Ordinal);
        IEnumerable<string> without = [.. running.Select(f => f.Base), .. targets];
        IReadOnlyDictionary<string, IReadOnlySet<string>> own = await ChangedPaths
            .OfTipsAsync(
                session.Repository,
                [.. tips.Where(t => t.Tip != t.Worker.Base).Select(t => t.Tip)],
                without,
                cancellationToken
            )
            .ConfigureAwait(false);
        HashSet<AttemptId> here = [.. running.Select(f => f.Attempt)];
        IReadOnlyList<MergeStatus> queued = await MergeQueueClient
            .ReadAsync(session.Repository, cancellationToken)
            .ConfigureAwait(false);
        return
        [
            .. tips.Select(t => new Side(
                t.Worker.Attempt,
                t.Worker.TargetRef,
                t.Tip,
                [.. own.GetValueOrDefault(t.Tip) ?? new HashSet<string>()],
                t.Worker.Item.Paths
            )),
            .. queued
                .Where(q =>
                    q.Target is { } target && targets.Contains(target.Ref) && !q.IsTerminal && !here.Contains(q.Attempt)
                )
                .Select(q => new Side(q.Attempt, q.Target!.Ref, q.Commit!, [.. q.Files], [])),
        ];
    }

    // What waits in the queue is the queue's business among itself.
    private static IEnumerable<Pair> Pairs(IReadOnlyList<Side> sides, int running) =>
        from first in Enumerable.Range(0, running)
        from second in Enumerable.Range(first + 1, sides.Count - first - 1)
        let a = sides[first]
        let b = sides[second]
        where a.Target == b.Target // What lands elsewhere is in nobody's way.
        select new Pair(a, b, [.. a.Files.Where(b.Files.Contains).Order(StringComparer.Ordinal)]);

    private Overlap? Classify(Pair pair)
    {
        (Side a, Side b, IReadOnlyList<string> files) = pair;
        if (files.Count == 0)
        {
            IReadOnlyList<string> declared =
            [
                .. DeclaredPaths
                    .Common(a.Declared, [.. b.Declared, .. b.Files])
                    .Concat(DeclaredPaths.Common([.. a.Files], b.Declared))
                    .Distinct(StringComparer.Ordinal),
            ];
            return declared.Count == 0
                ? null
                : new Overlap(a.Attempt, b.Attempt, OverlapKind.Declared, [.. declared.Take(MaxPaths)]);
        }

        return _trials.Known(a.Tip, b.Tip) is { Count: > 0 } collides
            ? new Overlap(a.Attempt, b.Attempt, OverlapKind.Collides, [.. collides.Take(MaxPaths)])
            : new Overlap(a.Attempt, b.Attempt, OverlapKind.SameFiles, [.. files.Take(MaxPaths)]);
    }

    private sealed record Side(
        AttemptId Attempt,
        string Target,
        string Tip,
        HashSet<string> Files,
        IReadOnlyList<string> Declared
    );

    private sealed record Pair(Side First, Side Second, IReadOnlyList<string> Files);
}
