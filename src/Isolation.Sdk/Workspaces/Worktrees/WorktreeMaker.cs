using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Workspaces;

/// <summary>Makes one linked worktree, whole or not at all.</summary>
internal sealed class WorktreeMaker(
    GitWorktreeOptions options,
    WorkspaceMaterializer filler,
    WorkspaceRequest request,
    Task<TemplateTree?>? parked
)
{
    private const int Tries = 8;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);
    private readonly WorktreeRemoval _removal = new(filler.Context);
    private readonly string _path = filler.Context.Workers.WorkspaceOf(request.Lease.Attempt);
    private readonly string _branch = BranchName.Of(options.BranchTemplate, request.Lease.Attempt);

    /// <summary>Whether the attempt's ref is still to be created.</summary>
    public bool Issue { get; init; }

    private GitRepository Repository => filler.Context.Repository;

    private WorkersDirectory Workers => filler.Context.Workers;

    private TimeProvider Time => filler.Context.Time;

    private Trash Trash => filler.Context.Trash;

    public async Task<LinkedWorktree> MakeAsync(CancellationToken cancellationToken)
    {
        WorkersDirectorySetup.Check(Workers, Repository);
        if (Directory.Exists(_path) || File.Exists(_path))
        {
            throw new IsolationException(
                WorkspaceCodes.WorkspaceExists,
                $"'{_path}' exists already.",
                "It is what an earlier process left: clean it up, or start a new attempt."
            );
        }

        await NoteAsync(WorkspaceNotes.Path, _path, cancellationToken).ConfigureAwait(false);
        await NoteAsync(WorkspaceNotes.Branch, _branch, cancellationToken).ConfigureAwait(false);
        await NoteAsync(WorkspaceNotes.Base, request.BaseCommit, cancellationToken).ConfigureAwait(false);
        await CreateBranchAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await PrepareAsync(cancellationToken).ConfigureAwait(false);
            using MaterializedFiles placed = await filler
                .PlaceAsync(_path, request.BaseCommit, parked, cancellationToken)
                .ConfigureAwait(false);
            string gitDirectory = await AddAsync(cancellationToken).ConfigureAwait(false);
            await NoteAsync(WorkspaceNotes.GitDirectory, gitDirectory, cancellationToken).ConfigureAwait(false);
            WorkspaceInfo info = new(_path, gitDirectory, _branch, request.BaseCommit) { CheckedOutBy = placed.By };
            await filler.CompleteAsync(info, placed, [], cancellationToken).ConfigureAwait(false);
            IReadOnlyList<string> copied = await ExtraFiles
                .CopyIgnoredAsync(Repository, _path, options.CopiedGlobs, cancellationToken)
                .ConfigureAwait(false);
            IReadOnlyList<string> linked = ExtraFiles.Link(Repository, _path, options.SharedPaths);
            WorkspaceFacts facts = new(
                Fingerprint.Take(Repository.CommonDirectory, gitDirectory, _path),
                copied,
                linked
            )
            {
                TargetRef = request.TargetRef,
                CheckedOutBy = placed.By,
                CheckedOutAt = new PinMarker(info).Set(request.BaseCommit),
            };
            await NoteAsync(WorkspaceNotes.Made, facts.ToJson(), cancellationToken).ConfigureAwait(false);
            return new LinkedWorktree(
                Repository,
                request.Lease.Attempt,
                info,
                facts,
                options,
                _removal,
                request.BaseCommit
            )
            {
                CheckedOutIndex = filler.KeepIndex(info, placed),
            };
        }
        catch (Exception e)
        {
            await _removal
                .RollBackAsync(request.Lease.Attempt, _path, _branch, request.BaseCommit)
                .ConfigureAwait(false);
            if (e is UnauthorizedAccessException or IOException)
            {
                throw WorkersDirectorySetup.Failed(Workers, e);
            }

            throw;
        }
    }

    private ValueTask NoteAsync(string key, string value, CancellationToken cancellationToken) =>
        request.Lease.NoteAsync(key, value, cancellationToken);

    private async Task CreateBranchAsync(CancellationToken cancellationToken)
    {
        string id = request.BaseCommit;
        BaseCommits.Check(Repository, id);
        if (BranchName.FindCaseTwin(Repository, _branch) is { } twin)
        {
            throw Conflict(twin);
        }

        // One transaction: it is this attempt's turn still, and the branch is new. Git looks for every conflict of names before it writes anything.
        string attemptRef = AttemptNames.RefName(request.Lease.Attempt);
        RefTransaction transaction = new RefTransaction().Create($"refs/heads/{_branch}", id);
        _ = Issue ? transaction.Create(attemptRef, id) : transaction.Verify(attemptRef, id);
        GitCommand update = GitCommand.In(
            Repository.CommonDirectory,
            "update-ref",
            "--stdin",
            "-z",
            "--create-reflog"
        ) with
        {
            Input = transaction.ToInput(),
        };
        GitResult answer = await Repository.Client.TryRunAsync(update, cancellationToken).ConfigureAwait(false);
        if (answer.Ok)
        {
            return;
        }

        string said = answer.Error.Trim().ReplaceLineEndings(" ");
        throw said switch
        {
            _ when said.Contains(attemptRef, StringComparison.Ordinal) => BaseCommits.NotIssued(
                request.Lease.Attempt,
                id,
                said
            ),
            _ when said.Contains("nonexistent object", StringComparison.Ordinal)
                    || said.Contains("non-commit object", StringComparison.Ordinal) => new IsolationException(
                GitCodes.UnknownRevision,
                $"The repository has no commit {id}.",
                "Fetch it, or start from a commit that is here."
            ),
            _ when said.Contains("exist", StringComparison.Ordinal) => Conflict(said),
            _ => GitClient.Failed(update, answer),
        };
    }

    private IsolationException Conflict(string why) =>
        new(
            WorkspaceCodes.BranchConflict,
            $"The branch '{_branch}' cannot be created: {why}.",
            "Delete or rename the other branch, or choose another BranchTemplate."
        );

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        using OsFileLock held = await LockAsync(cancellationToken).ConfigureAwait(false);
        if (!OsFileLock.IsHeld(Repository.WorktreeLock))
        {
            throw new IsolationException(
                LeaseCodes.LocksDisabled,
                $"File locks do nothing on the file system of '{Repository.CommonDirectory}'.",
                "Keep the repository on a local disk, or on a network file system with locks."
            );
        }

        WorkersDirectorySetup.Prepare(Workers, Repository);
        Trash.DeleteLeftBehind(Workers.Trash);
        Trash.DeleteLeftBehind(_removal.EntryTrash);
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
    }

    private Task<OsFileLock> LockAsync(CancellationToken cancellationToken) =>
        OsFileLock.AcquireAsync(Repository.WorktreeLock, Time, cancellationToken);

    private async Task<string> AddAsync(CancellationToken cancellationToken)
    {
        using OsFileLock held = await LockAsync(cancellationToken).ConfigureAwait(false);
        WorktreeEntryWriter writer = new(Repository, Time);
        if (writer.IsPossible)
        {
            WorktreeEntries.QuarantineHalfMade(Repository, Time.GetUtcNow());
            return writer.Write(request.Lease.Attempt, _path, _branch, request.BaseCommit);
        }

        GitCommand add = GitCommand.In(
            Repository.CommonDirectory,
            "worktree",
            "add",
            "--quiet",
            "--no-checkout",
            "--lock",
            "--reason",
            $"isolation attempt {AttemptNames.FileName(request.Lease.Attempt)}",
            "--",
            _path,
            _branch
        );
        TimeSpan pause = FirstPause;
        for (int tried = 1; ; tried++)
        {
            WorktreeEntries.QuarantineHalfMade(Repository, Time.GetUtcNow());
            GitResult answer = await Repository.Client.TryRunAsync(add, cancellationToken).ConfigureAwait(false);
            if (answer.Ok)
            {
                return WorktreeEntries.Pointer(_path) ?? throw GitClient.Failed(add, answer);
            }

            if (tried == Tries || !IsPassing(answer.Error))
            {
                throw GitClient.Failed(add, answer);
            }

            // Somebody who does not take our lock adds or removes a worktree this moment, or died in it.
            if (WorktreeEntries.Find(Repository, _path) is { } half)
            {
                Trash.Discard(half, _removal.EntryTrash);
            }

            Trash.Discard(_path, Workers.Trash);
            await Task.Delay(pause, Time, cancellationToken).ConfigureAwait(false);
            pause *= 2;
        }
    }

    private static bool IsPassing(string error) =>
        error.Contains("commondir", StringComparison.Ordinal)
        || error.Contains(".lock", StringComparison.Ordinal)
        || error.Contains("not a git repository", StringComparison.Ordinal);
}
