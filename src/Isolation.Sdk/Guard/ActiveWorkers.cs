using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Guard;

internal sealed class ActiveWorkers(WorkersDirectory folder, AuthorResolver authors, bool holdsUnattributed = false)
{
    private const int MaxNotices = 50;
    private readonly Dictionary<AttemptId, MonitoredWorker> _running = [];
    private readonly Dictionary<AttemptId, List<GuardFinding>> _findings = [];

    public IReadOnlyCollection<MonitoredWorker> Running => _running.Values;

    public void Enter(MonitoredWorker worker)
    {
        _running[worker.Attempt] = worker;
        _findings[worker.Attempt] = [];
    }

    public IReadOnlyList<GuardFinding> Leave(AttemptId attempt)
    {
        _running.Remove(attempt);
        return _findings.Remove(attempt, out List<GuardFinding>? found) ? found : [];
    }

    public MonitoredWorker? OwnerOf(string name) => Running.FirstOrDefault(w => w.Owns(name));

    // A branch that a worker made and went to, or that a work tree inside it stands on, is its own from then on.
    public bool Adopts(SharedStateChange change)
    {
        if (
            change is not { Before: null, After: not null }
            || !change.What.StartsWith(RefNames.Heads, StringComparison.Ordinal)
            || OwnerOf(change.What) is not null
            || authors.FindWorktrees(change.What, appeared: true) is not { Count: > 0 } trees
            || Running.FirstOrDefault(w => trees.All(tree => IsOf(tree, w))) is not { } maker
        )
        {
            return false;
        }

        maker.Own(change.What);
        return true;
    }

    public GuardFinding Judge(SharedStateChange change)
    {
        MonitoredWorker? owner = OwnerOf(change.What);

        // Where git's own logs and settings name who it was, nobody else is suspected.
        IReadOnlyCollection<string>? trees = owner is null
            ? authors.FindWorktrees(change.What, appeared: change.Before is null && change.After is not null)
            : null;
        MonitoredWorker[] suspects =
        [
            .. Running.Where(w => w != owner && (trees is null || trees.Any(tree => IsOf(tree, w)))),
        ];
        if (Running.Where(w => w.IsNamedBy(change.What)).ToArray() is { Length: > 0 } named)
        {
            (trees, suspects) = ([], named);
        }
        else if (owner is not null && suspects.Where(w => w.HasBeenAt(change.After)).ToArray() is [_] one)
        {
            suspects = one;
        }

        bool known = (owner is not null || trees is not null) && suspects.Length == 1;
        IEnumerable<MonitoredWorker> held =
            holdsUnattributed
                ? [.. suspects, .. suspects.Length > 0 && owner is not null ? [owner] : Array.Empty<MonitoredWorker>()]
            : owner is not null
                ? suspects.Length == 0 ? []
                    : known ? [owner, .. suspects]
                    : [owner]
            : ChangeImpact.Of(change) is { } reaches ? Running.Where(reaches)
            : known ? suspects
            : [];
        return new GuardFinding(change, [.. suspects.Select(w => w.Attempt)])
        {
            Held = [.. held.Select(w => w.Attempt)],
            IsAttributed = known,
        };
    }

    public void Report(GuardFinding finding)
    {
        bool isNotice = finding.Held.Count == 0;
        if (isNotice && OwnerOf(finding.What) is not null)
        {
            return; // Its own doing, with nobody else about.
        }

        foreach (MonitoredWorker told in Running.Where(w => isNotice || finding.Holds(w.Attempt)))
        {
            List<GuardFinding> found = _findings[told.Attempt];
            if (!isNotice || (found.Count < MaxNotices && !found.Exists(f => f.ToString() == finding.ToString())))
            {
                found.Add(finding);
            }
        }
    }

    // What its own git never does: the work cannot be trusted, and nothing says who it was.
    public void Blame(MonitoredWorker owner, SharedStateChange change)
    {
        if (Running.Count > 1)
        {
            _findings[owner.Attempt]
                .Add(new GuardFinding(change, [.. Running.Select(w => w.Attempt)]) { Held = [owner.Attempt] });
        }
    }

    private bool IsOf(string tree, MonitoredWorker worker) =>
        tree == worker.Workspace.Path
        || tree.StartsWith(folder.For(worker.Attempt) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
