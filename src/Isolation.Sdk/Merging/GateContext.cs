using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Merging;

/// <summary>A candidate as a gate of host code sees it. The worktree, and everything that was started in it, is gone
/// when the gate has answered or its time is over.</summary>
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

    /// <summary>The attempts it adds to the target, in landing order; empty when the target itself is
    /// tested.</summary>
    public IReadOnlyList<AttemptId> Attempts { get; }

    /// <summary>Starts a command in the gate's scope, by default in the worktree.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <exception cref="IsolationException">ISO04##: it could not be started; not caught, it makes the gate
    /// <see cref="GateVerdict.Infra"/>.</exception>
    public ValueTask<IWorkerProcess> StartAsync(WorkerCommand command, CancellationToken cancellationToken = default) =>
        _scope.StartAsync(command, cancellationToken);

    /// <summary>Runs a command to its end. Nothing it started outlives the call.</summary>
    /// <inheritdoc cref="StartAsync"/>
    public Task<ExecResult> ExecAsync(WorkerCommand command, CancellationToken cancellationToken = default) =>
        _scope.ExecAsync(command, cancellationToken);
}
