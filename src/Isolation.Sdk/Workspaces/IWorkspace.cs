using Isolation.Sdk.Leases;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Workspaces;

/// <summary>The directory of one worker.</summary>
public interface IWorkspace : IAttemptResource
{
    /// <summary>Where it is.</summary>
    WorkspaceInfo Info { get; }

    /// <summary>Whether it is kept as evidence, and neither used nor removed.</summary>
    bool IsQuarantined => false;

    /// <summary>
    /// Whether everything in it is pinned elsewhere; <see langword="null"/> if unknown. Runs nothing of the worker's.
    /// </summary>
    bool? IsPinned => null;

    /// <summary>
    /// Pins everything the worker made, commits and leftovers, in the attempt's ref. Git runs inside the worker's own
    /// scope, never with the host's home or config.
    /// </summary>
    ValueTask<Capture> CaptureAsync(IStateScope scope, CancellationToken cancellationToken = default);

    /// <summary>Finds files, at most <paramref name="max"/>, written since their content was last pinned.</summary>
    IReadOnlyList<string> FindUnpinnedFiles(int max) => [];
}
