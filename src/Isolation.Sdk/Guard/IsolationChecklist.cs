using Isolation.Sdk.IO;

namespace Isolation.Sdk.Guard;

internal sealed class IsolationChecklist(Git.GitRepository repository)
{
    private readonly Lock _gate = new();
    private readonly List<WorkerAllocation> _admitted = [];

    public void Admit(WorkerAllocation worker)
    {
        lock (_gate)
        {
            IsolationFault[] faults =
            [
                .. Measure(worker)
                    .Where(line => line.Why is not null)
                    .Select(line => new IsolationFault(line.Code, $"Worker {worker.Attempt} {line.Why}.", line.Remedy)),
            ];
            if (faults.Length > 0)
            {
                throw new IsolationConfigurationException(faults) { Attempt = worker.Attempt, Stage = Stage.Context };
            }

            _admitted.Add(worker);
        }
    }

    public void Dismiss(AttemptId attempt)
    {
        lock (_gate)
        {
            _admitted.RemoveAll(w => w.Attempt == attempt);
        }
    }

    private IEnumerable<(string Code, string? Why, string Remedy)> Measure(WorkerAllocation worker) =>
        [
            (
                GuardCodes.OwnWorkTree,
                FindTwinOfWorkTree(worker) is { } twin
                    ? $"shares its work tree '{worker.Workspace.Path}' with {twin}"
                    : null,
                "Use a workspace provider that makes one for each attempt, outside of the checkout."
            ),
            (
                GuardCodes.FreshContext,
                FindStaleness(worker) is { } stale ? $"was given a context that {stale}" : null,
                "Use a context factory that makes a fresh one for each attempt."
            ),
            (
                GuardCodes.NoSharedState,
                FindSharedState(worker) is { } shared ? $"shares {shared}" : null,
                "Use a state sandbox that opens a scope for each attempt."
            ),
            (
                GuardCodes.ArtifactsOnly,
                FindSharedObject(worker),
                "Workers speak through commits, handoff notes and item comments only."
            ),
            (
                GuardCodes.ScopedItem,
                FindScopeFault(worker),
                "Give each worker one scoped item, and each item one worker at a time."
            ),
        ];

    private string? FindTwinOfWorkTree(WorkerAllocation worker) =>
        repository.TopLevel is { } top && RealPath.Nested(worker.WorkTree, RealPath.Of(top)) ? "the canonical checkout"
        : worker.GitDirectory == RealPath.Of(repository.CommonDirectory) ? "the canonical checkout's git directory"
        : _admitted
            .Find(w => RealPath.Nested(worker.WorkTree, w.WorkTree) || worker.GitDirectory == w.GitDirectory)
            ?.Attempt.ToString();

    private static string? FindStaleness(WorkerAllocation worker) =>
        worker.Context.Attempt != worker.Attempt ? $"was made for {worker.Context.Attempt}"
        : worker.Context.Conversation.Count > 0 ? "has a conversation already"
        : worker.Context.TokenBudget is { } budget && worker.Context.Tokens > budget
            ? $"has {worker.Context.Tokens} tokens and a budget of {budget}"
        : RealPath.Nested(RealPath.Of(worker.Context.BriefingFile), worker.WorkTree)
            ? "is rendered inside the work tree"
        : null;

    private string? FindSharedState(WorkerAllocation worker)
    {
        foreach (WorkerAllocation other in _admitted)
        {
            string? shared = worker.Folders.FirstOrDefault(m => other.Folders.Any(o => RealPath.Nested(m, o)))
                ?? worker
                    .State.Ports.Values.Intersect(other.State.Ports.Values)
                    .Select(p => $"port {p}")
                    .FirstOrDefault();
            if (shared is not null)
            {
                return $"{shared} with {other.Attempt}";
            }
        }

        return
            new[] { Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), Path.GetTempPath() }
                .Where(p => p.Length > 0)
                .Select(RealPath.Of)
                .FirstOrDefault(p => worker.Folders.Contains(p))
                is { } host
            ? $"{host} with the host"
            : null;
    }

    private string? FindSharedObject(WorkerAllocation worker) =>
        _admitted.Find(w => ReferenceEquals(w.Context, worker.Context)) is { } twin
            ? $"was given an object that {twin.Attempt} has too"
        : worker.Handoffs.FirstOrDefault(h => h.Commit.Length < 40) is { } loose
            ? $"was given a note of {loose.From} that is no commit"
        : null;

    private string? FindScopeFault(WorkerAllocation worker) =>
        worker.Item.Id != worker.Attempt.Item ? $"was given item '{worker.Item.Id}'"
        : string.IsNullOrWhiteSpace(worker.Item.Title) && string.IsNullOrWhiteSpace(worker.Item.Instructions)
            ? "was given an item that says nothing"
        : _admitted.Find(w => w.Item.Id == worker.Item.Id) is { } twin ? $"works on the same item as {twin.Attempt}"
        : null;
}
