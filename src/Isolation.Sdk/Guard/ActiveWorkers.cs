using Isolation.Sdk.IO;

namespace Isolation.Sdk.Guard;

internal sealed class ActiveWorkers(WorkersDirectory folder, AuthorResolver authors)
{
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

    public GuardFinding FindAuthors(SharedStateChange change)
    {
        // Where git's own logs and settings name who it was, nobody else is suspected.
        IReadOnlyCollection<string>? trees = OwnerOf(change.What) is null
            ? authors.FindWorktrees(change.What, appeared: change.Before is null && change.After is not null)
            : null;
        return new GuardFinding(
            change,
            [
                .. Running
                    .Where(w => !w.Owns(change.What) && (trees is null || trees.Any(tree => IsOf(tree, w))))
                    .Select(w => w.Attempt),
            ]
        );
    }

    public void Report(GuardFinding finding)
    {
        if (finding.Authors.Count > 0)
        {
            foreach (
                MonitoredWorker held in Running.Where(w =>
                    finding.Authors.Contains(w.Attempt) || w.Owns(finding.Change.What)
                )
            )
            {
                _findings[held.Attempt].Add(finding);
            }
        }
    }

    // What its own git never does: the work cannot be trusted, and nothing says who it was.
    public void Blame(MonitoredWorker owner, SharedStateChange change)
    {
        if (Running.Count > 1)
        {
            _findings[owner.Attempt].Add(new GuardFinding(change, [.. Running.Select(w => w.Attempt)]));
        }
    }

    private bool IsOf(string tree, MonitoredWorker worker) =>
        tree == worker.Workspace.Path
        || tree.StartsWith(folder.For(worker.Attempt) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
