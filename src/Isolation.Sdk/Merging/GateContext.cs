using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Merging;

/// <summary>A candidate as a gate of host code sees it: its files in an integration worktree, and a state scope to run
/// things in.</summary>
/// <remarks>The worktree and everything that was started in the scope are gone once the gate has answered, or has run
/// out of time.</remarks>
public sealed class GateContext
{
    private readonly IStateScope _scope;

    internal GateContext(IStateScope scope, string workspace, QueueCandidate candidate)
    {
        _scope = scope;
        Workspace = workspace;
        (Commit, Tree, Attempts) = (candidate.Commit, candidate.Tree, candidate.Attempts);
    }

    /// <summary>The absolute path of the worktree with the candidate's files.</summary>
    public string Workspace { get; }

    /// <summary>The candidate's commit.</summary>
    public string Commit { get; }

    /// <summary>Its tree: what is tested, and what may land.</summary>
    public string Tree { get; }

    /// <summary>The attempts that are in it and not yet in the target, in the order they would land in; empty when the
    /// target itself is tested.</summary>
    public IReadOnlyList<AttemptId> Attempts { get; }

    /// <summary>Starts a command in the gate's state, in the worktree unless it says otherwise. It ends with the gate
    /// at the latest.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <exception cref="IsolationException">ISO04##: it could not be started; not caught, it makes the gate
    /// <see cref="GateVerdict.Infra"/>.</exception>
    public ValueTask<IWorkerProcess> StartAsync(WorkerCommand command, CancellationToken cancellationToken = default) =>
        _scope.StartAsync(command, cancellationToken);

    /// <summary>Runs a command to its end and returns what it said. Nothing it started outlives the call.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <exception cref="IsolationException">ISO04##: it could not be started; not caught, it makes the gate
    /// <see cref="GateVerdict.Infra"/>.</exception>
    public Task<ExecResult> ExecAsync(WorkerCommand command, CancellationToken cancellationToken = default) =>
        _scope.ExecAsync(command, cancellationToken);
}
