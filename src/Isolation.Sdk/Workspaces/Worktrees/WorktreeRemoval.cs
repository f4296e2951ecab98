using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;

namespace Isolation.Sdk.Workspaces.Worktrees;

/// <summary>Takes linked worktrees away, with their registration; git knows nothing of them afterwards.</summary>
internal sealed class WorktreeRemoval(GitRepository repository, TimeProvider time, WorkersFolder workers, Trash trash) : WorkspaceRemoval(repository, time, workers, trash)
{
    /// <summary>Where registrations go: on the file system of the git directory, so that a rename is enough.</summary>
    public string EntryTrash => Path.Combine(Repository.IsolationDirectory, "trash");

    /// <summary>Takes away the directory and its registration.</summary>
    public async Task RemoveAsync(string path, string? gitDirectory, CancellationToken cancellationToken)
    {
        using OsFileLock held = await LockAsync(cancellationToken).ConfigureAwait(false);

        // Only what is an entry of this repository: the note may be from a worker's altered pointer.
        string entries = Path.Combine(Repository.CommonDirectory, "worktrees");
        string? entry = gitDirectory is not null && Path.GetDirectoryName(gitDirectory) == entries && Directory.Exists(gitDirectory) ? gitDirectory : WorktreeEntries.Find(Repository, path);
        Trash.Discard(path, Workers.Trash);
        if (entry is not null)
        {
            Trash.Discard(entry, EntryTrash);
        }

        DeleteIfEmpty(entries);
        DeleteIfEmpty(Path.GetDirectoryName(path)!);
    }

    /// <summary>Deletes a branch that is still where it is expected to be; <see langword="null"/> for wherever it is.</summary>
    public Task<bool> DeleteBranchAsync(string branch, string? expected, CancellationToken cancellationToken) =>
        Repository.TryUpdateAsync(new RefTransaction().Delete($"refs/heads/{branch}", expected), cancellationToken);

    /// <summary>Undoes a half-made workspace: no branch without worktree, no worktree without lease.</summary>
    public Task RollBackAsync(AttemptId attempt, string path, string branch, string baseCommit) =>
        RollBackAsync(attempt, () => RemoveAsync(path, null, CancellationToken.None), () => DeleteBranchAsync(branch, baseCommit, CancellationToken.None));
}
