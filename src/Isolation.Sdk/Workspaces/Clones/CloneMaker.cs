using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;

namespace Isolation.Sdk.Workspaces.Clones;

/// <summary>Makes one private clone, whole or not at all.</summary>
internal sealed class CloneMaker(PrivateCloneOptions options, TimeProvider time, WorkersFolder workers, Trash trash, GitRepository repository, CloneSettings settings, WorkspaceRequest request)
{
    private readonly CloneRemoval _removal = new(repository, time, workers, trash);

    /// <summary>Whether the attempt's ref is still to be created.</summary>
    public bool Issue { get; init; }

    public async Task<PrivateCloneWorkspace> MakeAsync(CancellationToken cancellationToken)
    {
        AttemptId attempt = request.Lease.Attempt;
        WorkersRoot.Check(workers, repository);
        string path = workers.Workspace(attempt);
        WorkspaceInfo info = new(path, PrivateCloneWorkspace.GitDirectoryOf(path), BranchName.Of(options.BranchTemplate, attempt), request.BaseCommit);
        if (Directory.Exists(path) || File.Exists(path))
        {
            throw new IsolationException(WorkspaceCodes.WorkspaceExists, $"'{path}' exists already.", "It is what an earlier process left: clean it up, or start a new attempt.");
        }

        await NoteAsync(WorkspaceNotes.Path, path, cancellationToken).ConfigureAwait(false);
        await NoteAsync(WorkspaceNotes.CloneBranch, info.Branch!, cancellationToken).ConfigureAwait(false);
        await NoteAsync(WorkspaceNotes.Base, request.BaseCommit, cancellationToken).ConfigureAwait(false);
        await PinBaseAsync(attempt, cancellationToken).ConfigureAwait(false);
        try
        {
            IReadOnlyList<KeyValuePair<string, string>> theirs = await settings.ReadAsync(repository, cancellationToken).ConfigureAwait(false);
            await MakeFolderAsync(path, cancellationToken).ConfigureAwait(false);
            new CloneWriter(repository, options, time).Write(info, theirs);
            await FillAsync(info, theirs, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<string> copied = await SharedFiles.CopyIgnoredAsync(repository, path, options.CopiedGlobs, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<string> linked = SharedFiles.Link(repository, path, options.SharedPaths);
            WorkspaceFacts facts = new(CloneFingerprint.Take(info.GitDirectory), copied, linked) { TargetRef = request.TargetRef };
            await NoteAsync(WorkspaceNotes.Made, facts.ToJson(), cancellationToken).ConfigureAwait(false);
            new PinnedMark(info).Set(request.BaseCommit);
            return new PrivateCloneWorkspace(repository, attempt, info, facts, _removal, request.BaseCommit);
        }
        catch (Exception e)
        {
            await _removal.RollBackAsync(attempt, info).ConfigureAwait(false);
            if (e is UnauthorizedAccessException or IOException)
            {
                IsolationFault fault = WorkersRoot.NotWritable(workers, e.Message.TrimEnd('.'));
                throw new IsolationException(fault.Code, fault.Message, fault.Remedy, e);
            }

            throw;
        }
    }

    private ValueTask NoteAsync(string key, string value, CancellationToken cancellationToken) => request.Lease.NoteAsync(key, value, cancellationToken);

    /// <summary>The attempt's ref holds what the clone borrows: where it starts from, and later what it made of that. It has to be there, or is made.</summary>
    private async Task PinBaseAsync(AttemptId attempt, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string name = AttemptNames.Ref(attempt);
        BaseCommits.Check(repository, request.BaseCommit);
        bool pinned = Issue
            ? await repository.TryUpdateAsync(new RefTransaction().Create(name, request.BaseCommit), cancellationToken).ConfigureAwait(false)
            : (RefFiles.Read(repository.CommonDirectory, name) ?? await repository.TryResolveCommitAsync(name, cancellationToken).ConfigureAwait(false)) == request.BaseCommit;
        if (!pinned)
        {
            throw BaseCommits.NotIssued(attempt, request.BaseCommit, "its ref is not there");
        }
    }

    private async Task MakeFolderAsync(string path, CancellationToken cancellationToken)
    {
        // Nothing of the repository is locked for it: only the folder of all workers is made, or taken away, by one at a time.
        using OsFileLock held = await OsFileLock.AcquireAsync(repository.WorktreeLock, time, cancellationToken).ConfigureAwait(false);
        WorkersRoot.Prepare(workers, repository);
        trash.Adopt(workers.Trash);
        Directory.CreateDirectory(path);
    }

    private async Task FillAsync(WorkspaceInfo info, IReadOnlyList<KeyValuePair<string, string>> theirs, CancellationToken cancellationToken)
    {
        // Large files that are not here yet come from the repository's own remote; the clone is not told of it.
        string? origin = theirs.LastOrDefault(s => s.Key == "remote.origin.url").Value;
        await WorkspaceFiller.FillAsync(repository, info.Path, Lfs.IsSetUp(repository) && origin is { Length: > 0 } ? [new("remote.origin.url", origin)] : [], cancellationToken).ConfigureAwait(false);
        CloneLfs.Unlink(info.GitDirectory);
        if (await CloneSubmodules.ResolveAsync(repository, info.Path, theirs, cancellationToken).ConfigureAwait(false) is { Count: > 0 } addresses)
        {
            await File.AppendAllTextAsync(Path.Combine(info.GitDirectory, "config"), CloneSettings.Write(addresses), cancellationToken).ConfigureAwait(false);
        }
    }
}
