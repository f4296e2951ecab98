using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Merging;

namespace Isolation.Sdk.Guard;

/// <summary>Holds a difference that nobody in the pipeline made against those who ran meanwhile.</summary>
internal sealed class ContaminationGuard : IDisposable
{
    public const IsolationGuarantees Detects =
        IsolationGuarantees.Refs
        | IsolationGuarantees.GitConfig
        | IsolationGuarantees.Hooks
        | IsolationGuarantees.Stash;

    private const int MaxNamed = 5;
    private readonly CoalescedScan _scan;
    private readonly Func<IReadOnlyList<LeaseRecord>> _leases;
    private readonly RepositorySnapshotReader _reader;
    private readonly ActiveWorkers _workers;
    private readonly ExpectedChanges _expected;
    private readonly CheckoutMonitor? _checkout;
    private readonly Restorer _restorer;
    private readonly bool _holdsUnattributed;
    private Dictionary<string, string>? _last;

    public ContaminationGuard(
        GitRepository repository,
        Func<IReadOnlyList<LeaseRecord>> leases,
        WorkersDirectory folder,
        string targetRef,
        GuardOptions options,
        TimeProvider time
    )
    {
        _scan = new CoalescedScan(ScanAsync);
        _leases = leases;
        _reader = new RepositorySnapshotReader(repository, folder, [.. options.IgnoredRefs]);
        _holdsUnattributed = options.HoldUnattributed;
        _workers = new ActiveWorkers(folder, new AuthorResolver(repository), _holdsUnattributed);
        _expected = new ExpectedChanges(repository, folder, targetRef, _workers, time);
        _checkout = repository.TopLevel is { } top
            ? new CheckoutMonitor(repository, top, new QueueLayout(repository, targetRef).Checkout, time)
            : null;
        _restorer = new Restorer(repository, folder, options.Restore);
    }

    public Task EnterAsync(MonitoredWorker worker, CancellationToken cancellationToken) =>
        _scan.RunAfterScanAsync(
            () =>
            {
                _workers.Enter(worker);
                _expected.AddBranch(worker);
                worker.TakeChanges();
            },
            cancellationToken
        );

    public async Task<IReadOnlyList<GuardFinding>> LeaveAsync(AttemptId attempt, CancellationToken cancellationToken)
    {
        IReadOnlyList<GuardFinding> found = [];
        void Leave() => found = _workers.Leave(attempt);

        try
        {
            await _scan.RunAfterScanAsync(Leave, cancellationToken).ConfigureAwait(false);
            return found;
        }
        catch
        {
            await _scan.RunExclusiveAsync(Leave).ConfigureAwait(false);
            throw;
        }
    }

    // A queue may move this ref, too.
    public void AddTarget(string targetRef)
    {
        lock (_expected)
        {
            _expected.AddTarget(targetRef);
            _checkout?.AddTarget(targetRef);
        }
    }

    public void AddLanding(string commit) => _expected.AddLanding(commit);

    public void Dispose() => _scan.Dispose();

    private async Task ScanAsync(CancellationToken cancellationToken)
    {
        // Read on both sides, since a lease is older than what it notes and younger than its removal.
        IReadOnlyList<LeaseRecord> held = _leases();
        RepositorySnapshot read = await _reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        _expected.Refresh([.. held, .. _leases()], _last);
        await _reader.AddStaleLocksAsync(read, _last, cancellationToken).ConfigureAwait(false);
        Dictionary<string, string> now = read.Facts;
        if (_last is { } before)
        {
            await ReportAsync(Changes(before, now), now, cancellationToken).ConfigureAwait(false);
        }

        _last = now;
        _restorer.Keep(now);
        foreach (MonitoredWorker worker in _workers.Running)
        {
            foreach (SharedStateChange change in worker.TakeChanges())
            {
                _workers.Blame(worker, change);
            }
        }

        if (await ScanCheckoutAsync(cancellationToken).ConfigureAwait(false) is { } seen)
        {
            _workers.Report(_workers.Judge(new SharedStateChange($"checkout: {seen}", null, null)));
        }
    }

    private async Task<string?> ScanCheckoutAsync(CancellationToken cancellationToken)
    {
        try
        {
            return
                _checkout is not null
                && await _checkout.ScanAsync(cancellationToken).ConfigureAwait(false) is { Count: > 0 } changed
                ? string.Join(", ", changed.Take(MaxNamed)) + (changed.Count > MaxNamed ? ", …" : "")
                : null;
        }
        catch (IsolationException e) when (!_holdsUnattributed)
        {
            // Whatever its owner is about to do there, workers do not depend on it.
            return $"what is in it, which git cannot tell now: {e.Message}";
        }
    }

    private async Task ReportAsync(
        IEnumerable<SharedStateChange> changes,
        Dictionary<string, string> now,
        CancellationToken cancellationToken
    )
    {
        List<GuardFinding> findings = [];
        foreach (SharedStateChange change in changes)
        {
            if (_workers.Adopts(change))
            {
                _expected.AddBranch(change.What);
            }
            else if (!await _expected.IsExpectedAsync(change, cancellationToken).ConfigureAwait(false))
            {
                findings.AddRange(_restorer.Explain(change).Select(_workers.Judge));
            }
        }

        foreach (GuardFinding finding in findings)
        {
            _workers.Report(
                await _restorer.RestoreAsync(finding, _workers, now, cancellationToken).ConfigureAwait(false)
            );
        }
    }

    private static IEnumerable<SharedStateChange> Changes(
        Dictionary<string, string> before,
        Dictionary<string, string> now
    ) =>
        [
            .. now.Where(n => before.GetValueOrDefault(n.Key) != n.Value)
                .Select(n => new SharedStateChange(n.Key, before.GetValueOrDefault(n.Key), n.Value)),
            .. before.Where(b => !now.ContainsKey(b.Key)).Select(b => new SharedStateChange(b.Key, b.Value, null)),
        ];
}
