namespace Isolation.Sdk.Guard;

/// <summary>
/// Admits workers: measures what each was given against the canonical checkout and everyone who is running.
/// </summary>
internal sealed class IsolationChecklist(Git.GitRepository repository)
{
    private readonly Lock _gate = new();
    private readonly List<WorkerAllocation> _admitted = [];
    private int _admittedCount;

    public int Admitted => _admittedCount;

    /// <summary>Lets a worker in, or refuses it with every line that fails.</summary>
    /// <exception cref="IsolationConfigurationException">ISO0911 to ISO0915.</exception>
    public void Admit(WorkerAllocation worker)
    {
        lock (_gate)
        {
            IsolationFault[] faults = [.. Measure(worker).OfType<IsolationFault>()];
            if (faults.Length > 0)
            {
                throw new IsolationConfigurationException(faults) { Attempt = worker.Attempt, Stage = Stage.Context };
            }

            _admitted.Add(worker);
            _admittedCount++;
        }
    }

    public void Dismiss(AttemptId attempt)
    {
        lock (_gate)
        {
            _admitted.RemoveAll(w => w.Attempt == attempt);
        }
    }

    private IEnumerable<IsolationFault?> Measure(WorkerAllocation worker)
    {
        yield return OwnWorkTree(worker);
        yield return FreshContext(worker);
        yield return NoSharedState(worker);
        yield return ArtifactsOnly(worker);
        yield return ScopedItem(worker);
    }

    private IsolationFault? OwnWorkTree(WorkerAllocation worker)
    {
        string path = worker.WorkTree,
            gitDirectory = worker.GitDirectory;
        string? with =
            repository.TopLevel is { } top && RealPath.Nested(path, RealPath.Of(top)) ? "the canonical checkout"
            : gitDirectory == RealPath.Of(repository.CommonDirectory) ? "the canonical checkout's git directory"
            : _admitted
                .Find(w => RealPath.Nested(path, w.WorkTree) || gitDirectory == w.GitDirectory)
                ?.Attempt.ToString();
        return with is null
            ? null
            : new IsolationFault(
                PipelineCodes.OwnWorkTree,
                $"Worker {worker.Attempt} shares its work tree '{worker.Workspace.Path}' with {with}.",
                "Use a workspace provider that makes one for each attempt, outside of the checkout."
            );
    }

    private static IsolationFault? FreshContext(WorkerAllocation worker)
    {
        string? why =
            worker.Context.Attempt != worker.Attempt ? $"was made for {worker.Context.Attempt}"
            : worker.Context.Conversation.Count > 0 ? "has a conversation already"
            : worker.Context.TokenBudget is { } budget && worker.Context.Tokens > budget
                ? $"has {worker.Context.Tokens} tokens and a budget of {budget}"
            : RealPath.Nested(RealPath.Of(worker.Context.BriefingFile), worker.WorkTree)
                ? "is rendered inside the work tree"
            : null;
        return why is null
            ? null
            : new IsolationFault(
                PipelineCodes.FreshContext,
                $"The context of worker {worker.Attempt} {why}.",
                "Use a context factory that makes a fresh one for each attempt."
            );
    }

    private IsolationFault? NoSharedState(WorkerAllocation worker)
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
                return Shared(worker, shared, other.Attempt.ToString());
            }
        }

        string? host = worker.Folders.Intersect(HostFolders(), StringComparer.Ordinal).FirstOrDefault();
        return host is null ? null : Shared(worker, host, "the host");
    }

    private IsolationFault? ArtifactsOnly(WorkerAllocation worker)
    {
        string? why =
            _admitted.Find(w => ReferenceEquals(w.Context, worker.Context)) is { } twin
                ? $"was given an object that {twin.Attempt} has too"
            : worker.Handoffs.FirstOrDefault(h => h.Commit.Length < 40) is { } loose
                ? $"was given a note of {loose.From} that is no commit"
            : null;
        return why is null
            ? null
            : new IsolationFault(
                PipelineCodes.ArtifactsOnly,
                $"Worker {worker.Attempt} {why}.",
                "Workers speak through commits, handoff notes and item comments only."
            );
    }

    private IsolationFault? ScopedItem(WorkerAllocation worker)
    {
        string? why =
            worker.Item.Id != worker.Attempt.Item ? $"was given item '{worker.Item.Id}'"
            : string.IsNullOrWhiteSpace(worker.Item.Title) && string.IsNullOrWhiteSpace(worker.Item.Instructions)
                ? "was given an item that says nothing"
            : _admitted.Find(w => w.Item.Id == worker.Item.Id) is { } twin ? $"works on the same item as {twin.Attempt}"
            : null;
        return why is null
            ? null
            : new IsolationFault(
                PipelineCodes.ScopedItem,
                $"Worker {worker.Attempt} {why}.",
                "Give each worker one scoped item, and each item one worker at a time."
            );
    }

    private static IsolationFault Shared(WorkerAllocation worker, string what, string with) =>
        new(
            PipelineCodes.NoSharedState,
            $"Worker {worker.Attempt} shares {what} with {with}.",
            "Use a state sandbox that opens a scope for each attempt."
        );

    private static IEnumerable<string> HostFolders() =>
        new[] { Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), Path.GetTempPath() }
            .Where(p => p.Length > 0)
            .Select(RealPath.Of);
}
