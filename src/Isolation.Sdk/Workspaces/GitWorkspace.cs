using Isolation.Sdk.Git;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Workspaces;

/// <summary>A work tree that an attempt holds, linked or a clone: what becomes of it does not depend on which.</summary>
internal abstract class GitWorkspace(WorkspaceInfo info, AttemptId attempt, string? pinned) : IWorkspace
{
    private readonly PinMarker _mark = new(info);
    private string? _pinned = pinned;
    private string _start = info.BaseCommit;
    private int _released;

    private string? IdleAt => _pinned == _start ? _start : null;

    /// <inheritdoc/>
    public WorkspaceInfo Info => info;

    /// <summary>Whether it was quarantined.</summary>
    public bool IsQuarantined => Quarantine.IsMarked(info);

    /// <summary>Whether everything in it is pinned elsewhere, as far as time stamps tell: nothing of the worker's is run to find out.</summary>
    public bool? IsPinned =>
        !Directory.Exists(info.Path) || (_pinned is not null && _mark.Read() == _pinned && !_mark.IsStale());

    /// <summary>Its files as they were made, and the stat data they had; kept only for a pool, which compares with it. The index in the git directory is the worker's.</summary>
    public IndexFile? CheckedOutIndex { get; init; }

    protected AttemptId Attempt => attempt;

    /// <inheritdoc/>
    public async ValueTask<Capture> CaptureAsync(IStateScope scope, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ObjectDisposedException.ThrowIf(_released != 0, this);
        Capture capture = await CaptureAsync(scope, _pinned, cancellationToken).ConfigureAwait(false);
        (_pinned, _start) = (capture.Commit, capture.BaseCommit);
        return capture;
    }

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _released, 1) != 0)
        {
            return;
        }

        switch (mode)
        {
            case ReleaseMode.Keep:
                return;
            case ReleaseMode.Quarantine:
                Quarantine.Mark(info, attempt);
                return;
            case ReleaseMode.KeepIfUnmerged when IsPinned != true || IsQuarantined:
                return;
        }

        await RemoveAsync(
                everything: mode is ReleaseMode.Remove or ReleaseMode.Recycle,
                IdleAt,
                null,
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    /// <summary>Removes it as a release does, but for its files: those go to another place, without anything of git's that is the worker's.</summary>
    /// <param name="mode">What it would have been released with.</param>
    /// <param name="to">A path that is free, on the same file system.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>false: it was released before.</returns>
    public async Task<bool> DetachAsync(ReleaseMode mode, string to, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _released, 1) != 0)
        {
            return false;
        }

        await RemoveAsync(everything: mode is ReleaseMode.Remove or ReleaseMode.Recycle, IdleAt, to, cancellationToken)
            .ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ReleaseAsync(ReleaseMode.KeepIfUnmerged);

    /// <summary>Up to so many files that were written since their content was last pinned.</summary>
    public IReadOnlyList<string> FindUnpinnedFiles(int most) => IsPinned == true ? [] : [.. _mark.Newer().Take(most)];

    /// <summary>Pins what the worker made, if the attempt's ref is still at <paramref name="expected"/>.</summary>
    protected abstract Task<Capture> CaptureAsync(
        IStateScope scope,
        string? expected,
        CancellationToken cancellationToken
    );

    /// <summary>Takes it away.</summary>
    /// <param name="everything">Whatever it holds.</param>
    /// <param name="idleAt">Where it started, or what it brought in, when that is all it holds.</param>
    /// <param name="to">Where its files go; <see langword="null"/>: into the trash.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    protected abstract Task RemoveAsync(
        bool everything,
        string? idleAt,
        string? to,
        CancellationToken cancellationToken
    );
}
