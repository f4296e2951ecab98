namespace Isolation.Sdk.Testing;

/// <summary>A runner that does what a script says, one step an attempt: no agent, no model, no waiting.</summary>
public sealed class FakeAgentRunner : IAgentRunner
{
    private readonly Lock _gate = new();
    private readonly List<AttemptId> _runs = [];
    private readonly Dictionary<string, Queue<Func<IsolatedWorker, CancellationToken, Task<RunResult>>>> _scripts = new(
        StringComparer.Ordinal
    );

    /// <summary>What an attempt gets whose item has no step left. <value>Done.</value></summary>
    public RunResult DefaultResult { get; init; } = new RunResult.Done();

    /// <summary>The attempts that ran, in the order in which they started.</summary>
    public IReadOnlyList<AttemptId> Runs
    {
        get
        {
            lock (_gate)
            {
                return [.. _runs];
            }
        }
    }

    /// <summary>Adds a step: the next attempt at the item ends with this result.</summary>
    /// <param name="item">The item's id.</param>
    /// <param name="result">The result.</param>
    /// <returns>This runner.</returns>
    public FakeAgentRunner On(string item, RunResult result) => On(item, (_, _) => Task.FromResult(result));

    /// <summary>Adds a step: the next attempt at the item does this.</summary>
    /// <param name="item">The item's id.</param>
    /// <param name="step">What it does.</param>
    /// <returns>This runner.</returns>
    public FakeAgentRunner On(string item, Func<IsolatedWorker, CancellationToken, Task<RunResult>> step)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentNullException.ThrowIfNull(step);
        lock (_gate)
        {
            if (!_scripts.TryGetValue(item, out Queue<Func<IsolatedWorker, CancellationToken, Task<RunResult>>>? steps))
            {
                _scripts[item] = steps = new();
            }

            steps.Enqueue(step);
        }

        return this;
    }

    /// <summary>Adds a step: the next attempt at the item writes a file into its workspace and is done.</summary>
    /// <param name="item">The item's id.</param>
    /// <param name="path">The file's path in the workspace.</param>
    /// <param name="content">Its content.</param>
    /// <returns>This runner.</returns>
    public FakeAgentRunner Writes(string item, string path, string content) =>
        On(item, async (worker, cancellationToken) =>
        {
            string full = Path.Combine(worker.Workspace.Path, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            await File.WriteAllTextAsync(full, content, cancellationToken).ConfigureAwait(false);
            return new RunResult.Done($"wrote {path}");
        });

    /// <inheritdoc/>
    public Task<RunResult> RunAsync(IsolatedWorker worker, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(worker);
        Func<IsolatedWorker, CancellationToken, Task<RunResult>>? step;
        lock (_gate)
        {
            _runs.Add(worker.Id);
            step = _scripts.TryGetValue(worker.Id.Item, out var steps) && steps.TryDequeue(out var next) ? next : null;
        }

        return step?.Invoke(worker, cancellationToken) ?? Task.FromResult(DefaultResult);
    }
}
