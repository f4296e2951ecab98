using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;

namespace Isolation.Sdk.Workspaces.Worktrees;

/// <summary>Makes one linked worktree, whole or not at all.</summary>
internal sealed class WorktreeMaker(GitWorktreeOptions options, TimeProvider time, WorkersFolder workers, Trash trash, GitRepository repository, WorkspaceRequest request)
{
    private const int Tries = 8;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);
    private readonly WorktreeRemoval _removal = new(repository, time, workers, trash);
    private readonly string _path = workers.Workspace(request.Lease.Attempt);
    private readonly string _branch = BranchName.Of(options.BranchTemplate, request.Lease.Attempt);

    /// <summary>Whether the attempt's ref is still to be created.</summary>
    public bool Issue { get; init; }

    public async Task<LinkedWorktree> MakeAsync(CancellationToken cancellationToken)
    {
        WorkersRoot.Check(workers, repository);
        if (Directory.Exists(_path) || File.Exists(_path))
        {
            throw new IsolationException(WorkspaceCodes.WorkspaceExists, $"'{_path}' exists already.", "It is what an earlier process left: clean it up, or start a new attempt.");
        }

        await NoteAsync(WorkspaceNotes.Path, _path, cancellationToken).ConfigureAwait(false);
        await NoteAsync(WorkspaceNotes.Branch, _branch, cancellationToken).ConfigureAwait(false);
        await NoteAsync(WorkspaceNotes.Base, request.BaseCommit, cancellationToken).ConfigureAwait(false);
        await CreateBranchAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            string gitDirectory = await AddAsync(cancellationToken).ConfigureAwait(false);
            await NoteAsync(WorkspaceNotes.GitDirectory, gitDirectory, cancellationToken).ConfigureAwait(false);
            await WorkspaceFiller.FillAsync(repository, _path, [], cancellationToken).ConfigureAwait(false);
            IReadOnlyList<string> copied = await SharedFiles.CopyIgnoredAsync(repository, _path, options.CopiedGlobs, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<string> linked = SharedFiles.Link(repository, _path, options.SharedPaths);
            WorkspaceFacts facts = new(Fingerprint.Take(repository.CommonDirectory, gitDirectory, _path), copied, linked) { TargetRef = request.TargetRef };
            await NoteAsync(WorkspaceNotes.Made, facts.ToJson(), cancellationToken).ConfigureAwait(false);
            WorkspaceInfo info = new(_path, gitDirectory, _branch, request.BaseCommit);
            new PinnedMark(info).Set(request.BaseCommit);
            return new LinkedWorktree(repository, request.Lease.Attempt, info, facts, options, _removal, request.BaseCommit);
        }
        catch (Exception e)
        {
            await _removal.RollBackAsync(request.Lease.Attempt, _path, _branch, request.BaseCommit).ConfigureAwait(false);
            if (e is UnauthorizedAccessException or IOException)
            {
                IsolationFault fault = WorkersRoot.NotWritable(workers, e.Message.TrimEnd('.'));
                throw new IsolationException(fault.Code, fault.Message, fault.Remedy, e);
            }

            throw;
        }
    }

    private ValueTask NoteAsync(string key, string value, CancellationToken cancellationToken) => request.Lease.NoteAsync(key, value, cancellationToken);

    private async Task CreateBranchAsync(CancellationToken cancellationToken)
    {
        string id = request.BaseCommit;
        BaseCommits.Check(repository, id);
        if (BranchName.FindCaseTwin(repository, _branch) is { } twin)
        {
            throw Conflict(twin);
        }

        // One transaction: it is this attempt's turn still, and the branch is new. Git looks for every conflict of names before it writes anything.
        string attemptRef = AttemptNames.Ref(request.Lease.Attempt);
        RefTransaction transaction = new RefTransaction().Create($"refs/heads/{_branch}", id);
        _ = Issue ? transaction.Create(attemptRef, id) : transaction.Verify(attemptRef, id);
        GitCommand update = GitCommand.In(repository.CommonDirectory, "update-ref", "--stdin", "-z", "--create-reflog") with { Input = transaction.ToInput() };
        GitResult answer = await repository.Client.TryRunAsync(update, cancellationToken).ConfigureAwait(false);
        if (answer.Ok)
        {
            return;
        }

        string said = answer.Error.Trim().ReplaceLineEndings(" ");
        throw said switch
        {
            _ when said.Contains(attemptRef, StringComparison.Ordinal) => BaseCommits.NotIssued(request.Lease.Attempt, id, said),
            _ when said.Contains("nonexistent object", StringComparison.Ordinal) || said.Contains("non-commit object", StringComparison.Ordinal) => new IsolationException(GitCodes.UnknownRevision, $"The repository has no commit {id}.", "Fetch it, or start from a commit that is here."),
            _ when said.Contains("exist", StringComparison.Ordinal) => Conflict(said),
            _ => GitClient.Failed(update, answer),
        };
    }

    private IsolationException Conflict(string why) => new(WorkspaceCodes.BranchConflict, $"The branch '{_branch}' cannot be created: {why}.", "Delete or rename the other branch, or choose another BranchTemplate.");

    private async Task<string> AddAsync(CancellationToken cancellationToken)
    {
        using OsFileLock held = await OsFileLock.AcquireAsync(repository.WorktreeLock, time, cancellationToken).ConfigureAwait(false);
        if (!OsFileLock.IsHeld(repository.WorktreeLock))
        {
            throw new IsolationException(LeasingCodes.LocksDisabled, $"File locks do nothing on the file system of '{repository.CommonDirectory}'.", "Keep the repository on a local disk, or on a network file system with locks.");
        }

        WorkersRoot.Prepare(workers, repository);
        trash.Adopt(workers.Trash);
        trash.Adopt(_removal.EntryTrash);
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        WorktreeEntryWriter writer = new(repository, time);
        if (writer.IsPossible)
        {
            WorktreeEntries.Heal(repository, time.GetUtcNow());
            return writer.Write(request.Lease.Attempt, _path, _branch, request.BaseCommit);
        }

        GitCommand add = GitCommand.In(repository.CommonDirectory, "worktree", "add", "--quiet", "--no-checkout", "--lock", "--reason", $"isolation attempt {AttemptNames.File(request.Lease.Attempt)}", "--", _path, _branch);
        TimeSpan pause = FirstPause;
        for (int tried = 1; ; tried++)
        {
            WorktreeEntries.Heal(repository, time.GetUtcNow());
            GitResult answer = await repository.Client.TryRunAsync(add, cancellationToken).ConfigureAwait(false);
            if (answer.Ok)
            {
                return WorktreeEntries.Pointer(_path) ?? throw GitClient.Failed(add, answer);
            }

            if (tried == Tries || !IsPassing(answer.Error))
            {
                throw GitClient.Failed(add, answer);
            }

            // Somebody who does not take our lock adds or removes a worktree this moment, or died in it.
            if (WorktreeEntries.Find(repository, _path) is { } half)
            {
                trash.Discard(half, _removal.EntryTrash);
            }

            trash.Discard(_path, workers.Trash);
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            pause *= 2;
        }
    }

    private static bool IsPassing(string error) =>
        error.Contains("commondir", StringComparison.Ordinal) || error.Contains(".lock", StringComparison.Ordinal) || error.Contains("not a git repository", StringComparison.Ordinal);
}
