using Isolation.Sdk.Leases;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Workspaces;

/// <summary>One worker's directory.</summary>
public interface IWorkspace : IAttemptResource
{
    /// <summary>Where it is.</summary>
    WorkspaceInfo Info { get; }

    /// <summary>Whether it is kept as evidence: nothing uses or removes it any more.</summary>
    bool IsQuarantined => false;

    /// <summary>
    /// Whether everything in it is pinned elsewhere, found out without running anything of the worker's; <see
    /// langword="null"/> when that is unknown.
    /// </summary>
    bool? IsPinned => null;

    /// <summary>
    /// Pins everything the worker made (commits and leftovers) in the attempt's ref. Git runs inside the worker's own
    /// scope, never with the host's home or config.
    /// </summary>
    /// <param name="scope">The worker's state scope.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    ValueTask<Capture> CaptureAsync(IStateScope scope, CancellationToken cancellationToken = default);

    /// <summary>Finds files that were written since their content was last pinned.</summary>
    /// <param name="max">The maximum number of files.</param>
    IReadOnlyList<string> FindUnpinnedFiles(int max) => [];
}
