using System.Text;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Guard;

internal sealed class ExpectedChanges(
    GitRepository repository,
    WorkersDirectory folder,
    string targetRef,
    ActiveWorkers workers,
    TimeProvider time
)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);
    private readonly HashSet<string> _branches = new();
    private readonly HashSet<string> _landed = new();
    private IReadOnlyList<LeaseRecord> _leases = [];
    private IReadOnlyDictionary<string, string> _before = new Dictionary<string, string>();
    private volatile string[] _targets = [targetRef];

    public void AddTarget(string targetRef) => _targets = [.. _targets, targetRef];

    public void AddLanding(string commit)
    {
        lock (_landed)
        {
            _landed.Add(commit);
        }
    }

    public void AddBranch(MonitoredWorker worker)
    {
        if (!worker.Workspace.HasOwnRepository)
        {
            _branches.Add($"refs/heads/{worker.Workspace.Branch}");
        }
    }

    // Its removal with the workspace will be nobody's doing.
    public void AddBranch(string name) => _branches.Add(name);

    public void Refresh(IReadOnlyList<LeaseRecord> leases, IReadOnlyDictionary<string, string>? before)
    {
        (_leases, _before) = (leases, before ?? _before);
        _branches.UnionWith(
            leases
                .Select(l => l.Notes.GetValueOrDefault(WorkspaceNotes.Branch))
                .OfType<string>()
                .Select(b => $"refs/heads/{b}")
        );
    }

    public async Task<bool> IsExpectedAsync(SharedStateChange change, CancellationToken cancellationToken)
    {
        (string name, string? now) = (change.What, change.After);
        if (_targets.Contains(name))
        {
            return now is not null && await IsLandingAsync(now, cancellationToken).ConfigureAwait(false);
        }

        if (workers.OwnerOf(name) is { } owner)
        {
            if (name == $"{owner.Entry}HEAD" && owner.HeadSetByPlumbing() && IsCheckedOutElsewhere(owner, now))
            {
                return false;
            }

            return (
                    name != $"{owner.Entry}HEAD"
                    && name != $"refs/heads/{owner.Workspace.Branch}"
                    && name != owner.HeadRef
                )
                || await HeadMatchesReflogAsync(
                        owner,
                        mayBeUnborn: name.EndsWith("/HEAD", StringComparison.Ordinal),
                        cancellationToken
                    )
                    .ConfigureAwait(false);
        }

        return IsTransient(name, now)
            || IsBarrier(name, now)
            || IsNoted(change)
            || (now is null && IsOfEndedAttempt(name))
            || await IsPinnedAsync(name, now, cancellationToken).ConfigureAwait(false);
    }

    // What is checked out elsewhere git gives to nobody else.
    private bool IsCheckedOutElsewhere(MonitoredWorker owner, string? head) =>
        head?.StartsWith(WorktreeFiles.SymbolicRef, StringComparison.Ordinal) == true
        && workers
            .Running.Where(w => w != owner)
            .Select(w => w.Workspace.GitDirectory)
            .Concat(repository.TopLevel is null ? [] : [repository.CommonDirectory])
            .Any(d => WorktreeFiles.RefOf(d) == head[WorktreeFiles.SymbolicRef.Length..]);

    private bool IsTransient(string name, string? now) =>
        WorktreeSnapshotReader.IsUnfinished(name)
            ? now is null
                || _leases.Any(l =>
                    name.StartsWith($"worktrees/{AttemptNames.FileName(l.Attempt)}", StringComparison.Ordinal)
                )
            : now is null
                && (
                    name.EndsWith(".lock", StringComparison.Ordinal)
                    || name.StartsWith("rr-cache", StringComparison.Ordinal)
                );

    // A provider writes barriers with every worker it makes, and takes away what is not to be there.
    private bool IsBarrier(string path, string? now) =>
        Path.IsPathFullyQualified(path)
        && (
            (now is null && !Directory.Exists(folder.Root))
            || (now == FileFingerprint.Directory && Path.GetFileName(path) == ".config")
            || BarrierFiles
                .Create(folder.Root, repository.TopLevel)
                .Any(b =>
                    Path.Combine(folder.Root, b.Name) == path
                    && (b.Content is null ? null : FileFingerprint.OfContent(Encoding.UTF8.GetBytes(b.Content))) == now
                )
        );

    // Of an attempt of another process, which came and went between two scans: its pin holds what it had.
    private async Task<bool> IsPinnedAsync(string name, string? now, CancellationToken cancellationToken)
    {
        if (!name.StartsWith("refs/heads/", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (
            (string pin, string commit) in await repository
                .ListRefsAsync(cancellationToken, AttemptNames.AttemptsPrefix)
                .ConfigureAwait(false)
        )
        {
            bool hasNone = workers.Running.Any(w =>
                w.Workspace.HasOwnRepository && AttemptNames.RefName(w.Attempt) == pin
            );
            if (!hasNone && $"{name}/".Contains($"/{pin[AttemptNames.AttemptsPrefix.Length..]}/"))
            {
                return now is null
                    || await repository.IsAncestorAsync(now, commit, cancellationToken).ConfigureAwait(false);
            }
        }

        return false;
    }

    private async Task<bool> HeadMatchesReflogAsync(
        MonitoredWorker owner,
        bool mayBeUnborn,
        CancellationToken cancellationToken
    )
    {
        // Git writes the log just before the ref: what does not match yet may match in a moment.
        for (int look = 0; look < 5; look++)
        {
            if (owner.HeadMatchesReflog(mayBeUnborn))
            {
                return true;
            }

            await Task.Delay(RetryDelay, time, cancellationToken).ConfigureAwait(false);
        }

        return false;
    }

    private async Task<bool> IsLandingAsync(string commit, CancellationToken cancellationToken)
    {
        lock (_landed)
        {
            if (_landed.Contains(commit))
            {
                return true;
            }
        }

        GitResult trailers = await repository
            .TryRunAsync(cancellationToken, "log", "-1", "--format=%(trailers:key=Isolation-Attempt)", commit)
            .ConfigureAwait(false);
        return trailers.Ok && trailers.Line.Length > 0;
    }

    // A worktree's name is git's choice, its place is not. Where an entry points to no provider ever changes.
    private bool IsNoted(SharedStateChange change)
    {
        string name = change.What;
        if (!name.StartsWith("worktrees/", StringComparison.Ordinal))
        {
            return _leases.Any(l =>
                l.Notes.TryGetValue(WorkspaceNotes.Branch, out string? branch) && name == $"refs/heads/{branch}"
            );
        }

        bool repoints =
            change is { Before: not null, After: not null } && Path.GetFileName(name) is "gitdir" or "commondir";
        return !repoints
            && !WorktreeSnapshotReader.IsUnfinished(name)
            && (
                WorktreePath(name) is not { } path
                || path.StartsWith(folder.Root + Path.DirectorySeparatorChar, StringComparison.Ordinal)
                || _leases.Any(l =>
                    l.Notes.TryGetValue(WorkspaceNotes.Path, out string? place)
                    && path.StartsWith(place + Path.DirectorySeparatorChar, StringComparison.Ordinal)
                )
            );
    }

    // Where it pointed to before: what it points to now may be part of the deed.
    private string? WorktreePath(string name) =>
        _before.GetValueOrDefault($"{Path.GetDirectoryName(name)}/gitdir")
        ?? FileFingerprint.ReadLine(Path.Combine(repository.CommonDirectory, Path.GetDirectoryName(name)!, "gitdir"));

    private bool IsOfEndedAttempt(string name) =>
        name.StartsWith("worktrees/", StringComparison.Ordinal) || _branches.Contains(name);
}
