using Isolation.Sdk.Leases;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Workspaces;

/// <summary>One worker's directory.</summary>
public interface IWorkspace : IAttemptResource
{
    /// <summary>Where it is.</summary>
    WorkspaceInfo Info { get; }

    /// <summary>Pins everything the worker made (commits and leftovers) in the attempt's ref. Git runs inside the worker's own scope, never with the host's home or config.</summary>
    /// <param name="scope">The worker's state scope.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<Capture> CaptureAsync(IStateScope scope, CancellationToken cancellationToken = default);
}
