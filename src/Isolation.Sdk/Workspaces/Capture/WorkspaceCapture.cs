using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Workspaces;

internal sealed class WorkspaceCapture(GitWorkspace workspace)
{
    private readonly AttemptId _attempt = workspace.Attempt;
    private readonly WorkspaceInfo _info = workspace.Info;
    private readonly WorkspaceFacts _facts = workspace.Facts;
    private readonly GitRepository _repository = workspace.Context.Repository;
    private readonly IReadOnlyList<string> _excluded = workspace.Facts.Excluded;
    private readonly PinMarker _mark = new(workspace.Info);

    public async Task<Capture> RunAsync(IStateScope scope, string? expected, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(_info.Path))
        {
            throw new IsolationException(
                WorkspaceCodes.WorkspaceGone,
                $"'{_info.Path}' is gone.",
                "Somebody removed it while the attempt held it; what it had committed may still be there."
            )
            {
                Attempt = _attempt,
            };
        }

        NamedPipes.Remove(_info);
        DateTime? since = _mark.Begin();
        List<string> tampering = [.. Fingerprint.Differences(_facts.Fingerprint, Fingerprint.Take(_repository, _info))];
        using CaptureGit git = new(
            _repository,
            _info,
            scope,
            isTrusted: tampering.Count == 0 && _facts.Fingerprint.Count > 0
        );
        git.ComparesContent = TimestampForgery.IsFound(_info, _excluded, _facts.CheckedOutAt);
        GitStatus? status = git.IsTrusted ? await git.TryStatusAsync(cancellationToken).ConfigureAwait(false) : null;
        string? head = status is null
            ? await workspace.ReadHeadAsync(git, tampering, cancellationToken).ConfigureAwait(false)
            : status.Head;
        git.Head = head;
        git.Unchanged = await FindUnchangedAsync(git, status, cancellationToken).ConfigureAwait(false);
        string[] nested = [.. (status?.Untracked ?? []).Where(p => p.EndsWith('/'))];
        bool clean =
            !git.ComparesContent
            && head is not null
            && status is not null
            && !status
                .Tracked.Except(git.Unchanged)
                .Concat(status.Untracked)
                .Any(p => !nested.Contains(p) && !(IsExcluded(p) && status.Untracked.Contains(p)));
        List<IsolationFault> unfinished = [.. FindFaults(status)];
        bool isTaken = unfinished.All(f => f.Code != WorkspaceCodes.TooManyLeftovers);
        string made =
            !isTaken ? head ?? _info.BaseCommit
            : clean ? head!
            : await CommitLeftoversAsync(git, status is not null, head, nested, cancellationToken)
                .ConfigureAwait(false);
        bool leftovers = made != head && !(head is null && made == _info.BaseCommit);
        CollectedWork collected = await workspace
            .CollectAsync(git, made, tampering, cancellationToken)
            .ConfigureAwait(false);
        NestedWorktrees worktrees = new(_repository, _info, _attempt);
        (IReadOnlyDictionary<string, string> pinned, IReadOnlyList<string> dirty) = await worktrees
            .CaptureAsync(git, collected.Commit, cancellationToken)
            .ConfigureAwait(false);
        Dictionary<string, string> others = new([.. collected.OtherRefs, .. pinned]);
        string start = await new WorkStart(_repository, _info, _facts.TargetRef)
            .FindAsync(collected.Commit, cancellationToken)
            .ConfigureAwait(false);
        string commit = await WithoutExcludedAsync(git, collected.Commit, start, cancellationToken)
            .ConfigureAwait(false);
        IReadOnlyList<FileChange> files =
            commit == start
                ? []
                : await CommitDiff.ReadAsync(_repository, start, commit, cancellationToken).ConfigureAwait(false);
        string? branch =
            leftovers && head is not null && collected.Commit == made ? workspace.FindBranchToMove(status) : null;
        await PinAsync(commit, expected, branch, head, cancellationToken).ConfigureAwait(false);
        SubmoduleCapture submodules = new(workspace, git);
        await submodules.RunAsync(files, cancellationToken).ConfigureAwait(false);
        List<string> notices = [.. submodules.Notices];
        int? ignored = KeepIgnored(status, notices);
        AddPinned(others, notices);
        notices.AddRange(
            dirty.Select(d => $"The worktree '{d}' has uncommitted changes; the workspace is kept. Take them from it.")
        );
        List<string> holds = [.. submodules.Holds];
        if (unfinished.Count == 0)
        {
            await FindMarkersAsync(commit, start, files, holds, notices, cancellationToken).ConfigureAwait(false);
        }

        bool isAll = collected.IsAll && ignored is not null && !submodules.MustStay && dirty.Count == 0;
        isAll &= isTaken && !UnfinishedWork.IsSeries(_info);
        if (since is { } stamp && !nested.Except(worktrees.Paths).Any() && isAll)
        {
            _mark.Complete(commit, stamp);
        }

        return new Capture(commit, start, AttemptNames.RefName(_attempt), files)
        {
            Tampering = tampering,
            HadLeftovers = leftovers,
            OtherRefs = others,
            Notices = notices,
            Holds = holds,
            Unfinished = unfinished,
            IgnoredFiles = ignored ?? 0,
        };
    }

    // What any checkout shows as modified, such as line endings that the attributes forbid. Where no time stamp is
    // forged, what is older than the workspace was written by its checkout.
    private async Task<IReadOnlyList<string>> FindUnchangedAsync(
        CaptureGit git,
        GitStatus? status,
        CancellationToken cancellationToken
    )
    {
        string[] old =
        [
            .. (git.ComparesContent || _facts.CheckedOutAt is null ? [] : status?.Unstaged ?? []).Where(p =>
                new FileInfo(Path.Combine(_info.Path, p)) is { Exists: true } file
                && file.LastWriteTimeUtc < _facts.CheckedOutAt
            ),
        ];
        if (old.Length == 0 || status?.Head is not { } head || head == _info.BaseCommit || _info.HasOwnRepository)
        {
            return status?.Head == _info.BaseCommit ? old : [];
        }

        GitResult moved = await _repository
            .RunAsync(
                cancellationToken,
                [.. "diff-tree -r -z --name-only --no-renames".Split(' '), _info.BaseCommit, head]
            )
            .ConfigureAwait(false);
        return [.. old.Except(moved.Fields)];
    }

    private IEnumerable<IsolationFault> FindFaults(GitStatus? status)
    {
        string[] untracked = [.. (status?.Untracked ?? []).Where(p => !p.EndsWith('/') && !IsExcluded(p))];
        return new[]
        {
            UnfinishedWork.FindFault(_info, status, AttemptNames.RefName(_attempt)),
            LeftoverLimit.FindFault(_info, workspace.Context.Options.Capture, untracked),
        }.OfType<IsolationFault>();
    }

    private async Task FindMarkersAsync(
        string commit,
        string start,
        IReadOnlyList<FileChange> files,
        List<string> holds,
        List<string> notices,
        CancellationToken cancellationToken
    )
    {
        string? target = _facts.TargetRef is { } name ? RefReader.Read(_repository.CommonDirectory, name) : null;
        IReadOnlyList<string> found = await new ConflictMarkers(_repository, _info)
            .FindAsync(commit, start, target, files, cancellationToken)
            .ConfigureAwait(false);
        if (found.Count > 0)
        {
            bool holdsThem = workspace.Context.Options.Capture.HoldConflictMarkers;
            (holdsThem ? holds : notices).Add(
                $"There are conflict markers that were not there before in {string.Join(", ", found.Take(3))}"
                    + $"{(found.Count > 3 ? $" and {found.Count - 3} more" : "")}. "
                    + (
                        holdsThem
                            ? "Approve it if they belong there; else reject it."
                            : "Look whether they belong there."
                    )
            );
        }
    }

    private int? KeepIgnored(GitStatus? status, List<string> notices)
    {
        string folder = workspace.Context.Workers.IgnoredOf(_attempt);
        IgnoredFilesOptions options = workspace.Context.Options.IgnoredFiles;
        int? kept = new IgnoredResults(_info.Path, folder, options).Keep(
            (status?.Ignored ?? []).Where(p => !IsExcluded(p.TrimEnd('/')))
        );
        if (kept != 0)
        {
            notices.Add(
                kept is null
                    ? $"What git ignores in the workspace is more than {options.MaxBytes} bytes, so the workspace is "
                        + "kept. Take from it what is a result; name what is a cache in "
                        + $"{nameof(WorkspaceOptions.IgnoredFiles)}.{nameof(IgnoredFilesOptions.Caches)}."
                    : $"{(kept == 1 ? "A file that git ignores is" : $"{kept} files that git ignores are")} kept in "
                        + $"'{folder}'. Take from it what is a result."
            );
        }

        return kept;
    }

    private static void AddPinned(IReadOnlyDictionary<string, string> refs, List<string> notices)
    {
        if (refs.Count > 0)
        {
            notices.Add(
                $"What is not on its branch is pinned: {string.Join(", ", refs.Values.Take(3))}"
                    + $"{(refs.Count > 3 ? $", and {refs.Count - 3} more" : "")}. Look at it with 'git log'."
            );
        }
    }

    private async Task<string> CommitLeftoversAsync(
        CaptureGit git,
        bool readable,
        string? head,
        string[] nested,
        CancellationToken cancellationToken
    )
    {
        string parent = head ?? _info.BaseCommit;
        string tree = await git.WriteWorkTreeAsync(readable, parent, _excluded, nested, cancellationToken)
            .ConfigureAwait(false);
        return await git.TryTreeOfAsync(parent, cancellationToken).ConfigureAwait(false) == tree
            ? parent
            : await git.CommitAsync(
                    tree,
                    parent,
                    workspace.Context.Options.LeftoversMessageOf(_attempt),
                    cancellationToken
                )
                .ConfigureAwait(false);
    }

    // A worker that committed it gets its work squashed onto the base without it.
    private async Task<string> WithoutExcludedAsync(
        CaptureGit git,
        string commit,
        string start,
        CancellationToken cancellationToken
    )
    {
        if (_excluded.Count == 0 || commit == start)
        {
            return commit;
        }

        GitResult touched = await _repository
            .RunAsync(
                cancellationToken,
                [
                    .. "rev-list --full-history --max-count=1".Split(' '),
                    $"{start}..{commit}",
                    "--",
                    .. _excluded.Select(p => $":(top,literal){p}"),
                ]
            )
            .ConfigureAwait(false);
        if (touched.Line.Length == 0)
        {
            return commit;
        }

        string tree = await git.WriteTreeWithoutAsync(commit, _excluded, cancellationToken).ConfigureAwait(false);
        string squashed = await git.CommitAsync(
                tree,
                start,
                $"Work of {_attempt}\n\nWithout the files that were copied or linked in, which the worker "
                    + $"had committed.",
                cancellationToken
            )
            .ConfigureAwait(false);
        return (await workspace.CollectAsync(git, squashed, [], cancellationToken).ConfigureAwait(false)).Commit;
    }

    private async Task PinAsync(
        string commit,
        string? expected,
        string? branch,
        string? head,
        CancellationToken cancellationToken
    )
    {
        // The attempt is where it was, no newer one was issued, and only then does anything move.
        AttemptId newer = _attempt with { Number = _attempt.Number + 1 };
        RefTransaction transaction = new RefTransaction()
            .Update(AttemptNames.RefName(_attempt), commit, expected ?? _repository.NullId)
            .Verify(AttemptNames.RefName(newer), _repository.NullId);
        if (branch is not null)
        {
            transaction.Update($"refs/heads/{branch}", commit, head!);
        }

        if (!await _repository.TryUpdateAsync(transaction, cancellationToken).ConfigureAwait(false))
        {
            throw new IsolationException(
                WorkspaceCodes.StaleAttempt,
                $"Attempt {_attempt} is not the newest any more, or its ref was moved: its late capture is refused.",
                "Look at the workspace, which is kept; the newer attempt goes on."
            )
            {
                Attempt = _attempt,
            };
        }
    }

    private bool IsExcluded(string path) =>
        _excluded.Any(s => path == s || path.StartsWith(s + "/", StringComparison.Ordinal));
}
