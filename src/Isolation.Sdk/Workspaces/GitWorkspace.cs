using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Workspaces;

internal abstract class GitWorkspace(
    WorkspaceContext context,
    AttemptId attempt,
    WorkspaceInfo info,
    WorkspaceFacts facts,
    string? pinned
) : IWorkspace
{
    // Git still works in it; a file beside it says what it is, and so does the reason of a linked worktree's lock.
    private const string QuarantineFile = "quarantined";
    private readonly PinMarker _mark = new(info);
    private string? _pinned = pinned;
    private string _start = info.BaseCommit;
    private int _released;

    public WorkspaceInfo Info => info;

    public bool IsQuarantined => File.Exists(Path.Combine(Folder, QuarantineFile));

    public bool? IsPinned =>
        !Directory.Exists(info.Path) || (_pinned is not null && _mark.Read() == _pinned && !_mark.IsStale());

    public WorkspaceContext Context => context;

    public AttemptId Attempt => attempt;

    public WorkspaceFacts Facts => facts;

    // If its files are of use for a later workspace: gets what moves them to a path.
    public Func<Func<string, Task>, Task<bool>>? Recycle { get; set; }

    public Action? OnReleased { get; set; }

    private string Folder => Path.GetDirectoryName(info.Path)!;

    public async ValueTask<Capture> CaptureAsync(IStateScope scope, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ObjectDisposedException.ThrowIf(_released != 0, this);
        Capture capture = await new WorkspaceCapture(this)
            .RunAsync(scope, _pinned, cancellationToken)
            .ConfigureAwait(false);
        (_pinned, _start) = (capture.Commit, capture.BaseCommit);
        return capture;
    }

    public async ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _released, 1) != 0)
        {
            return;
        }

        if (mode == ReleaseMode.Quarantine)
        {
            Quarantine();
        }
        else if (
            mode != ReleaseMode.Keep
            && !(mode == ReleaseMode.KeepIfUnmerged && (IsPinned != true || IsQuarantined))
        )
        {
            string? idleAt = _pinned == _start ? _start : null;
            Task MoveAsync(string? to) =>
                RemoveAsync(everything: mode != ReleaseMode.KeepIfUnmerged, idleAt, to, cancellationToken);
            if (mode == ReleaseMode.Remove || Recycle is null || !await Recycle(MoveAsync).ConfigureAwait(false))
            {
                await MoveAsync(null).ConfigureAwait(false);
            }
        }

        OnReleased?.Invoke();
    }

    public ValueTask DisposeAsync() => ReleaseAsync(ReleaseMode.KeepIfUnmerged);

    public IReadOnlyList<string> FindUnpinnedFiles(int max) => IsPinned == true ? [] : [.. _mark.Newer().Take(max)];

    public abstract Task<string?> ReadHeadAsync(
        CaptureGit git,
        List<string> tampering,
        CancellationToken cancellationToken
    );

    public abstract Task<CollectedWork> CollectAsync(
        CaptureGit git,
        string commit,
        List<string> tampering,
        CancellationToken cancellationToken
    );

    public virtual string? FindBranchToMove(GitStatus? status) => null;

    protected abstract Task RemoveAsync(
        bool everything,
        string? idleAt,
        string? to,
        CancellationToken cancellationToken
    );

    private void Quarantine()
    {
        string reason = $"quarantined: isolation attempt {AttemptNames.FileName(attempt)}\n";
        if (Directory.Exists(Folder))
        {
            File.WriteAllText(Path.Combine(Folder, QuarantineFile), reason);
        }

        if (!info.HasOwnRepository && Directory.Exists(info.GitDirectory))
        {
            File.WriteAllText(Path.Combine(info.GitDirectory, "locked"), reason);
        }
    }
}

internal sealed record CollectedWork(string Commit, IReadOnlyDictionary<string, string> OtherRefs, bool IsAll = true);
