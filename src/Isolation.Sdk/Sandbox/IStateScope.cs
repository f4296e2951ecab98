using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Sandbox;

/// <summary>Environment, home, temp, config, caches, ports and processes of one worker.</summary>
public interface IStateScope : IAttemptResource
{
    /// <summary>What the scope holds.</summary>
    StateInfo Info { get; }

    /// <summary>Starts a command in this state: its environment and nothing of the host's, a session of its own, no terminal, no inherited descriptors.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Ends the wait for the start, not the process.</param>
    /// <exception cref="IsolationException">The command could not be started.</exception>
    ValueTask<IWorkerProcess> StartAsync(WorkerCommand command, CancellationToken cancellationToken = default);
}
