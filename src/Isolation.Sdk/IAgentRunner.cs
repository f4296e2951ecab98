namespace Isolation.Sdk;

/// <summary>Your agent: what carries an attempt out inside its workspace, context and state.</summary>
public interface IAgentRunner
{
    /// <summary>Carries the attempt out.</summary>
    /// <param name="worker">Everything it may touch.</param>
    /// <param name="cancellationToken">Means now; <see cref="IsolatedWorker.Stopping"/> comes first and means please
    /// finish.</param>
    Task<RunResult> RunAsync(IsolatedWorker worker, CancellationToken cancellationToken);
}
