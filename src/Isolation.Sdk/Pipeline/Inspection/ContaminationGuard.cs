using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Merging.Queueing;

namespace Isolation.Sdk.Pipeline.Inspection;

/// <summary>Compares what no worker owns with what it was, whenever a worker starts or ends, and holds a difference that nobody in the pipeline made against those who ran meanwhile.</summary>
internal sealed class ContaminationGuard : IDisposable
{
    /// <summary>What it finds.</summary>
    public const IsolationGuarantees Detects =
        IsolationGuarantees.Refs
        | IsolationGuarantees.GitConfig
        | IsolationGuarantees.Hooks
        | IsolationGuarantees.Stash;

    private const int MostNamed = 5;
    private readonly SharedLook _looks;
    private readonly LeaseStore _leases;
    private readonly FactReader _facts;
    private readonly Leftovers _leftovers;
    private readonly Roster _roster;
    private readonly Explanations _explanations;
    private readonly CheckoutWatch? _checkout;
    private readonly Restorer? _restorer;
    private readonly Dictionary<AttemptId, WorkspaceWatch> _workspaces = [];
    private Dictionary<string, string>? _last;

    public ContaminationGuard(
        GitRepository repository,
        LeaseStore leases,
        WorkersFolder folder,
        GuardPlan plan,
        TimeProvider time
    )
    {
        _looks = new SharedLook(ObserveAsync);
        _leases = leases;
        _facts = new FactReader(repository, folder);
        _leftovers = new Leftovers(
            _facts,
            new GitProcesses([
                .. new[] { repository.CommonDirectory, repository.TopLevel, folder.Root }.OfType<string>(),
            ])
        );
        _roster = new Roster(folder, new Authorship(repository));
        _explanations = new Explanations(repository, folder, plan, _roster, time);
        _checkout =
            plan.WatchesCheckout && repository.TopLevel is { } top
                ? new CheckoutWatch(repository, top, new QueueNames(repository, plan.TargetRef).Checkout, time)
                : null;
        _restorer = plan.Restores ? new Restorer(repository, folder) : null;
    }

    /// <summary>A worker is about to run.</summary>
    public Task EnterAsync(GuardedWorker worker, CancellationToken cancellationToken) =>
        _looks.ThenAsync(
            () =>
            {
                _roster.Enter(worker);
                _explanations.Remember(worker);
                _workspaces[worker.Attempt] = new WorkspaceWatch(worker);
            },
            cancellationToken
        );

    /// <summary>A worker has ended, and nothing of it runs any more.</summary>
    /// <returns>What was written outside of what its writer owns, while this worker ran.</returns>
    public async Task<IReadOnlyList<Finding>> LeaveAsync(AttemptId attempt, CancellationToken cancellationToken)
    {
        IReadOnlyList<Finding> found = [];
        void Leave()
        {
            _workspaces.Remove(attempt);
            found = _roster.Leave(attempt);
        }

        try
        {
            await _looks.ThenAsync(Leave, cancellationToken).ConfigureAwait(false);
            return found;
        }
        catch
        {
            // Whatever kept it from being looked at, it is over, and suspected of nothing that comes after it.
            await _looks.WithoutAsync(Leave).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The queue moved the target: this commit there is its doing.</summary>
    public void Landed(string commit) => _explanations.Landed(commit);

    public void Dispose() => _looks.Dispose();

    private async Task ObserveAsync(CancellationToken cancellationToken)
    {
        // A lease is older than what it notes and younger than its removal: read on both sides, it explains whatever comes or goes between.
        IReadOnlyList<LeaseRecord> held = _leases.List();
        RepositoryFacts read = await _facts.ReadAsync(cancellationToken).ConfigureAwait(false);
        _explanations.Renew([.. held, .. _leases.List()], _last);
        Dictionary<string, string> now = await WithLeftoversAsync(read, cancellationToken).ConfigureAwait(false);
        if (_last is { } before)
        {
            await JudgeAsync(Changes(before, now), now, cancellationToken).ConfigureAwait(false);
        }

        _last = now;
        _restorer?.Keep(now);
        foreach (GuardedWorker worker in _roster.Running)
        {
            foreach (Change change in _workspaces[worker.Attempt].Changes())
            {
                _roster.HoldAgainst(worker, change);
            }
        }

        if (
            _checkout is not null
            && await _checkout.LookAsync(cancellationToken).ConfigureAwait(false) is { Count: > 0 } changed
        )
        {
            _roster.Hold(
                _roster.Suspect(new Change($"checkout: {string.Join(", ", changed.Take(MostNamed))}", null, null))
            );
        }
    }

    /// <summary>What was there at the first look, or at the last one, needs no second look.</summary>
    private async Task<Dictionary<string, string>> WithLeftoversAsync(
        RepositoryFacts read,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, string> now = read.Values;
        foreach (
            (string name, string made) in read.Passing.Where(p =>
                _last is null || _last.GetValueOrDefault(p.Key) == p.Value
            )
        )
        {
            now[name] = made;
        }

        foreach (
            (string name, string made) in await _leftovers
                .FindAsync(
                    read.Passing.Where(p => !now.ContainsKey(p.Key)).ToDictionary(StringComparer.Ordinal),
                    cancellationToken
                )
                .ConfigureAwait(false)
        )
        {
            now[name] = made;
        }

        return now;
    }

    private async Task JudgeAsync(
        IEnumerable<Change> changes,
        Dictionary<string, string> now,
        CancellationToken cancellationToken
    )
    {
        List<Finding> findings = [];
        foreach (Change change in changes)
        {
            if (!await _explanations.CoverAsync(change, cancellationToken).ConfigureAwait(false))
            {
                findings.Add(_roster.Suspect(change));
            }
        }

        foreach (
            Finding finding in _restorer is null
                ? findings
                : await _restorer.RestoreAsync(findings, _roster, now, cancellationToken).ConfigureAwait(false)
        )
        {
            _roster.Hold(finding);
        }
    }

    private static IEnumerable<Change> Changes(Dictionary<string, string> before, Dictionary<string, string> now) =>
        [
            .. now.Where(n => before.GetValueOrDefault(n.Key) != n.Value)
                .Select(n => new Change(n.Key, before.GetValueOrDefault(n.Key), n.Value)),
            .. before.Where(b => !now.ContainsKey(b.Key)).Select(b => new Change(b.Key, b.Value, null)),
        ];
}
