using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Sandboxing;

namespace Isolation.Sdk.Workspaces;

/// <summary>A linked worktree that an attempt holds.</summary>
internal sealed class GitWorkspace(GitRepository repository, AttemptId attempt, WorkspaceInfo info, WorkspaceFacts facts, GitWorktreeOptions options, WorktreeRemoval removal, string? pinned) : IWorkspace
{
    private string? _pinned = pinned;
    private string _start = info.BaseCommit;
    private int _released;

    /// <inheritdoc/>
    public WorkspaceInfo Info => info;

    /// <inheritdoc/>
    public async ValueTask<Capture> CaptureAsync(IStateScope scope, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ObjectDisposedException.ThrowIf(_released != 0, this);
        Capture capture = await new WorktreeCapture(repository, attempt, info, facts, options).RunAsync(scope, _pinned, cancellationToken).ConfigureAwait(false);
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
            case ReleaseMode.KeepIfUnmerged when !IsPinned || IsEvidence:
                return;
        }

        await removal.RemoveAsync(info.Path, info.GitDirectory, cancellationToken).ConfigureAwait(false);
        bool everything = mode is ReleaseMode.Remove or ReleaseMode.Recycle;
        if (info.Branch is { } branch && (everything || _pinned == _start))
        {
            // A branch that moved beyond what is pinned stays: only what it started from, or brought in, is known to be of no worth.
            await removal.DeleteBranchAsync(branch, everything ? null : _start, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ReleaseAsync(ReleaseMode.KeepIfUnmerged);

    /// <summary>Whether it was quarantined.</summary>
    public bool IsEvidence => Quarantine.IsMarked(info);

    /// <summary>Up to so many files that were written since their content was last pinned.</summary>
    public IReadOnlyList<string> FindUnpinned(int most) => IsPinned ? [] : [.. PinnedMark.Newer(info.GitDirectory, info.Path).Take(most)];

    /// <summary>Whether everything in it is pinned elsewhere, as far as time stamps tell: nothing of the worker's is run to find out.</summary>
    public bool IsPinned => !Directory.Exists(info.Path) || (_pinned is not null && PinnedMark.Read(info.GitDirectory) == _pinned && !PinnedMark.IsStale(info.GitDirectory, info.Path));
}
